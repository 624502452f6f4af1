//! XML bodies. A document type is refused, so there are no entities to expand; size and depth are bounded.
//!
//! `roxmltree` reads them: kept well, one small dependency, and it checks that the document is well-formed as a whole.

use roxmltree::{Document, Node, ParsingOptions};

use super::AdapterError;

/// Most elements, texts and comments of one document.
const MOST_NODES: u32 = 20_000;
/// Deepest nesting.
const DEEPEST: usize = 64;

/// An element, without namespaces: `soap:Body` is `Body`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    /// The text directly inside, without that of its children.
    text: String,
    children: Vec<Element>,
}

/// Reads a document; the error says in words what is wrong.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|cause| cause.to_string())?;
    element(document.root_element(), 1)
}

fn element(node: Node<'_, '_>, depth: usize) -> Result<Element, String> {
    if depth > DEEPEST {
        return Err(format!("it is nested more than {DEEPEST} deep"));
    }
    let mut made = Element {
        name: node.tag_name().name().to_owned(),
        attributes: node.attributes().map(|one| (one.name().to_owned(), one.value().to_owned())).collect(),
        text: String::new(),
        children: Vec::new(),
    };
    for child in node.children() {
        if child.is_element() {
            made.children.push(element(child, depth.saturating_add(1))?);
        } else if child.is_text() {
            made.text.push_str(child.text().unwrap_or_default());
        }
    }
    Ok(made)
}

/// One step of a path: a name, and which of several elements of that name, counted from 1.
fn step(segment: &str) -> (&str, Option<usize>) {
    let numbered = segment.strip_suffix(']').and_then(|head| head.split_once('['));
    match numbered.and_then(|(name, number)| number.parse().ok().map(|number| (name, number))) {
        Some((name, number)) => (name, Some(number)),
        None => (segment, None),
    }
}

/// Checks a path such as `/orders/order[2]/@id`.
pub(crate) fn check_path(path: &str, at: &str) -> Result<(), AdapterError> {
    let wrong = |problem: &str| Err(AdapterError::new(at, format!("{path:?}: {problem}")));
    let Some(rest) = path.strip_prefix('/') else {
        return wrong("a path begins with a slash and the root element, as in xml:/order/id or xml:/order/@id");
    };
    let last = rest.matches('/').count();
    for (index, segment) in rest.split('/').enumerate() {
        let (name, number) = step(segment);
        let attribute = name.starts_with('@');
        if attribute && (index != last || number.is_some() || index == 0) {
            return wrong("an attribute stands at the end, after an element");
        }
        let name = name.strip_prefix('@').unwrap_or(name);
        if name.is_empty() || number == Some(0) || name.contains(['[', ']', '*', '@', '(', ')', ' ', ':']) {
            return wrong("steps are plain names without a namespace, with a number in brackets for one of several");
        }
    }
    Ok(())
}

impl Element {
    /// The elements at a path from the root, the root's own name first.
    pub fn at_path(&self, path: &str) -> Vec<&Self> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        let (name, number) = step(first);
        if name != self.name || number.is_some_and(|number| number != 1) {
            return Vec::new();
        }
        self.below(rest)
    }

    /// The elements at a path from here; the empty path is here.
    pub fn below(&self, path: &str) -> Vec<&Self> {
        let mut found = vec![self];
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            let (name, number) = step(segment);
            found = found
                .into_iter()
                .flat_map(|parent| {
                    let named = parent.children.iter().filter(move |child| child.name == name);
                    let skipped = number.map_or(0, |number| number.saturating_sub(1));
                    named.skip(skipped).take(if number.is_some() { 1 } else { usize::MAX })
                })
                .collect();
        }
        found
    }

    /// The texts at a path from the root, or from here: of elements, or of their attribute after `@`.
    pub fn texts(&self, path: &str, root: bool) -> Vec<&str> {
        let (path, attribute) = match path.rsplit_once('@') {
            Some((path, attribute)) => (path.trim_end_matches('/'), Some(attribute)),
            None => (path, None),
        };
        let found = if root { self.at_path(path) } else { self.below(path) };
        match attribute {
            None => found.into_iter().map(|element| element.text.as_str()).collect(),
            Some(name) => found.into_iter().filter_map(|element| element.attribute(name)).collect(),
        }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a text anywhere in it is one that `holds`. Names cannot hold what texts can.
    pub fn has(&self, holds: &impl Fn(&str) -> bool) -> bool {
        holds(&self.text)
            || self.attributes.iter().any(|(_, value)| holds(value))
            || self.children.iter().any(|child| child.has(holds))
    }
}
