// A place on somebody else's page that the page can neither read nor restyle: a closed shadow root under a host whose
// own styles no sheet of the page can override.

/** Builds an element; texts go in as texts, so that pages with trusted types allow it. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The piggy bank of the service's own pages. */
export function logo(): SVGElement {
  const draw = (tag: string, attributes: Record<string, string>): SVGElement => {
    const element = document.createElementNS(SVG, tag) as SVGElement;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const image = draw("svg", { viewBox: "0 0 32 32", width: "24", height: "24", "aria-hidden": "true", class: "logo" });
  image.append(
    draw("rect", { width: "32", height: "32", rx: "8", fill: "#0f766e" }),
    draw("path", { fill: "#fff", d: "M9 17a7 6 0 0 1 7-6h3l3-2v4.200a6 6 0 0 1 1.500 2.300H25v4h-2a7 6 0 0 1-1.500 1.500V25h-3v-2h-4v2h-3v-3.500A6 6 0 0 1 9 17z" }),
    draw("circle", { cx: "19.500", cy: "15", r: "1.100", fill: "#0f766e" }),
  );
  return image;
}

/** The host's element and its closed root. `place` are styles of the host, each of them unanswerable. */
export function root(place: Record<string, string>, css: string): { host: HTMLElement; shadow: ShadowRoot } {
  const host = document.createElement("div");
  host.style.setProperty("all", "initial", "important");
  for (const [name, value] of Object.entries(place)) host.style.setProperty(name, value, "important");
  const shadow = host.attachShadow({ mode: "closed" });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    shadow.append(make("style", {}, css));
  }
  return { host, shadow };
}
