//! A file of payouts for a bank, as a table and as ISO 20022 pain.001, and what a bank says became of them: as a table, pain.002
//! or camt.054. The same payouts always make the same text.

use roxmltree::{Document, Node};

use super::typed::Destination;
use crate::base::Timestamp;
use crate::domain::money::Amount;

crate::text_enum! {
    /// A form of a file.
    pub enum Form {
        /// A table.
        Csv = "csv",
        /// ISO 20022 pain.001.
        Pain = "pain",
    }
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Names it to the bank and back: at most 35 letters and digits.
    pub reference: String,
    /// What the receiver gets.
    pub amount: Amount,
    /// Where to.
    pub to: Destination,
    /// What the receiver reads.
    pub purpose: String,
}

/// The account that all are drawn on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn<'a> {
    /// Names the file: at most 35 letters and digits.
    pub file: &'a str,
    /// When it was made.
    pub at: Timestamp,
    /// Who holds the account.
    pub name: &'a str,
    /// Its number or IBAN.
    pub account: &'a str,
    /// Its bank: a BIC, or a Russian BIK.
    pub bank: &'a str,
    /// What all come to.
    pub total: Amount,
}

/// Name, account and bank of an order's receiver; the bank is empty for an IBAN, which says it.
fn receiver(to: &Destination) -> (&str, &str, &str) {
    match to {
        Destination::Iban { iban, name } => (name, iban, ""),
        Destination::Account { account, bik, name } => (name, account, bik),
        // No file pays to these.
        Destination::Sbp { .. } | Destination::YooMoney { .. } | Destination::PayPal { .. } => ("", "", ""),
    }
}

/// The table: one line an order.
///
/// # Errors
/// When it cannot be written.
pub fn table(orders: &[Order]) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["reference", "amount", "currency", "name", "account", "bank", "purpose"])?;
    for order in orders {
        let (name, account, bank) = receiver(&order.to);
        let (amount, currency) = (order.amount.major().to_string(), order.amount.currency().to_string());
        table.write_record([&order.reference, &amount, &currency, name, account, bank, &order.purpose])?;
    }
    let bytes = table.into_inner().map_err(|cause| csv::Error::from(cause.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An account, and the bank that keeps it.
fn account(number: &str) -> String {
    let iban = number.chars().take(2).all(|c| c.is_ascii_uppercase()) && number.len() >= 15;
    if iban { format!("<IBAN>{}</IBAN>", text(number)) } else { format!("<Othr><Id>{}</Id></Othr>", text(number)) }
}

fn bank(code: &str) -> String {
    let known = code.chars().all(|c| c.is_ascii_digit());
    match (code.is_empty(), known) {
        (true, _) => "<Othr><Id>NOTPROVIDED</Id></Othr>".to_owned(),
        (false, true) => {
            let system = "<ClrSysId><Cd>RUCBC</Cd></ClrSysId>";
            format!("<ClrSysMmbId>{system}<MmbId>{code}</MmbId></ClrSysMmbId>")
        }
        (false, false) => format!("<BIC>{}</BIC>", text(code)),
    }
}

/// The orders as pain.001.001.03.
#[must_use]
pub fn pain001(drawn: &Drawn<'_>, orders: &[Order]) -> String {
    let (count, sum, at) = (orders.len(), drawn.total.major(), drawn.at.datetime());
    let (file, name) = (text(drawn.file), text(drawn.name));
    let mut lines = vec![
        r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned(),
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"><CstmrCdtTrfInitn>"#.to_owned(),
        format!("<GrpHdr><MsgId>{file}</MsgId><CreDtTm>{}</CreDtTm>", at.format("%Y-%m-%dT%H:%M:%S")),
        format!("<NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum><InitgPty><Nm>{name}</Nm></InitgPty></GrpHdr>"),
        format!("<PmtInf><PmtInfId>{file}</PmtInfId><PmtMtd>TRF</PmtMtd><NbOfTxs>{count}</NbOfTxs>"),
        format!("<CtrlSum>{sum}</CtrlSum><ReqdExctnDt>{}</ReqdExctnDt>", at.format("%Y-%m-%d")),
        format!("<Dbtr><Nm>{name}</Nm></Dbtr><DbtrAcct><Id>{}</Id></DbtrAcct>", account(drawn.account)),
        format!("<DbtrAgt><FinInstnId>{}</FinInstnId></DbtrAgt>", bank(drawn.bank)),
    ];
    for order in orders {
        let (name, number, at) = receiver(&order.to);
        let (amount, currency) = (order.amount.major(), order.amount.currency());
        lines.push(format!(
            "<CdtTrfTxInf><PmtId><EndToEndId>{}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"{currency}\">{amount}</InstdAmt></Amt>",
            text(&order.reference)
        ));
        if !at.is_empty() {
            lines.push(format!("<CdtrAgt><FinInstnId>{}</FinInstnId></CdtrAgt>", bank(at)));
        }
        lines.push(format!("<Cdtr><Nm>{}</Nm></Cdtr><CdtrAcct><Id>{}</Id></CdtrAcct>", text(name), account(number)));
        lines.push(format!("<RmtInf><Ustrd>{}</Ustrd></RmtInf></CdtTrfTxInf>", text(&order.purpose)));
    }
    lines.push("</PmtInf></CstmrCdtTrfInitn></Document>".to_owned());
    lines.join("\n") + "\n"
}

crate::text_enum! {
    /// What a bank says became of an order.
    pub enum Ended {
        /// It is being worked on.
        Pending = "pending",
        /// The money was moved.
        Paid = "paid",
        /// It will not be moved.
        Failed = "failed",
        /// It was moved and came back.
        Returned = "returned",
    }
}

/// A line of a bank's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Our name of the order.
    pub reference: String,
    /// What became of it.
    pub ended: Ended,
    /// The bank's code, for a failure or a return.
    pub code: String,
    /// How much, where the bank says it.
    pub amount: Option<Amount>,
}

impl Told {
    /// Whether a person has to look before anything is made of it: a refusal as a duplicate says that the first order may have
    /// been paid, and a return without an amount may be a part.
    #[must_use]
    pub fn doubt(&self) -> bool {
        match self.ended {
            Ended::Failed => matches!(self.code.as_str(), "am05" | "du01" | "du02" | "du03" | "du04" | "du05"),
            Ended::Returned => self.amount.is_none(),
            Ended::Pending | Ended::Paid => false,
        }
    }
}

/// A bank refuses a whole file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// Our name of the file.
    pub file: String,
    /// The bank's code.
    pub code: String,
}

/// A bank's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// What it says of single orders.
    pub lines: Vec<Told>,
    /// Files that it takes none of, but for what `lines` says.
    pub refused: Vec<RefusedFile>,
}

/// Reads a bank's answer, whichever of the three forms it has.
///
/// # Errors
/// Text for the operator: what cannot be read, and where.
pub fn read(file: &str) -> Result<Answer, String> {
    let file = file.trim_start_matches('\u{feff}');
    if !file.trim_start().starts_with('<') {
        return Ok(Answer { lines: read_table(file)?, refused: Vec::new() });
    }
    let document = Document::parse(file).map_err(|cause| format!("the file is no XML: {cause}"))?;
    let all = |name: &'static str| document.descendants().filter(move |node| node.tag_name().name() == name);
    let groups = all("OrgnlGrpInfAndSts").filter_map(|node| refused_file(node, "OrgnlMsgId", "GrpSts"));
    let batches = all("OrgnlPmtInfAndSts").filter_map(|node| refused_file(node, "OrgnlPmtInfId", "PmtInfSts"));
    let refused: Vec<RefusedFile> = groups.chain(batches).collect();
    let tells = |node: Node<'_, '_>| matches!(node.tag_name().name(), "TxInfAndSts" | "TxDtls");
    if refused.is_empty() && !document.descendants().any(tells) {
        return Err("the file is neither a pain.002 nor a camt.054, or tells of nothing".to_owned());
    }
    let entries = all("TxDtls").filter_map(statement_line).map(Ok);
    let lines = all("TxInfAndSts").map(status_line).chain(entries).collect::<Result<_, _>>()?;
    Ok(Answer { lines, refused })
}

/// A pain.002 says of a file, or of the one batch in it, that it is refused.
fn refused_file(node: Node<'_, '_>, name: &str, status: &str) -> Option<RefusedFile> {
    let refused = child(node, status).and_then(own_text).is_some_and(|status| status == "RJCT");
    let file = child(node, name).and_then(own_text).filter(|_| refused)?;
    let code = child(node, "StsRsnInf").and_then(|reason| below_text(reason, "Cd")).unwrap_or_default();
    Some(RefusedFile { file, code: or_none_given(code) })
}

fn read_table(file: &str) -> Result<Vec<Told>, String> {
    let mut table = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file.as_bytes());
    let header = table.headers().map_err(|cause| cause.to_string())?.clone();
    let place = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
    let (Some(reference), Some(status)) = (place("reference"), place("status")) else {
        return Err("the first line must name the columns, at least reference and status".to_owned());
    };
    let (code, amount, currency) = (place("code"), place("amount"), place("currency"));
    let mut told = Vec::new();
    for (index, line) in table.records().enumerate() {
        let line = line.map_err(|cause| cause.to_string())?;
        let wrong = |what: String| format!("line {}: {what}", index + 2);
        let at = |place: Option<usize>| place.and_then(|place| line.get(place)).unwrap_or_default();
        let word = at(Some(status)).to_ascii_lowercase();
        let ended =
            word.parse().map_err(|_cause| wrong(format!("{word:?} is not pending, paid, failed or returned")))?;
        let read = |number: &str, unit: &str| {
            let unit = unit.parse().map_err(|cause| format!("{cause}"))?;
            Amount::parse(number, unit).map_err(|cause| cause.to_string())
        };
        let amount = match (at(amount), at(currency)) {
            ("", _) | (_, "") => None,
            (number, unit) => Some(read(number, unit).map_err(wrong)?),
        };
        let (reference, code) = (at(Some(reference)).to_owned(), at(code).to_owned());
        told.push(Told { reference, ended, code: or_none_given(code), amount });
    }
    Ok(told)
}

fn or_none_given(code: String) -> String {
    if code.is_empty() { "none_given".to_owned() } else { code.to_lowercase() }
}

/// A transaction of a pain.002.
fn status_line(node: Node<'_, '_>) -> Result<Told, String> {
    let reference = below_text(node, "OrgnlEndToEndId").ok_or("a transaction has no OrgnlEndToEndId")?;
    let ended = match below_text(node, "TxSts").unwrap_or_default().as_str() {
        // Settled on the debtor's or the creditor's account.
        "ACSC" | "ACCC" => Ended::Paid,
        "RJCT" | "CANC" => Ended::Failed,
        _ => Ended::Pending,
    };
    let reason = node.descendants().find(|inner| inner.tag_name().name() == "Rsn");
    let code = reason.and_then(|reason| below_text(reason, "Cd")).unwrap_or_default();
    Ok(Told { reference, ended, code: or_none_given(code), amount: None })
}

/// An entry's transaction of a camt.054: a debit is a payment, a credit that says so a return. `None` for what is none of ours:
/// without our reference, and other money that comes in.
fn statement_line(node: Node<'_, '_>) -> Option<Told> {
    let reference = below_text(node, "EndToEndId")?;
    let entry = node.ancestors().find(|above| above.tag_name().name() == "Ntry");
    // What stands with the transaction counts more than what stands with the entry.
    let nearest = |name| child(node, name).or_else(|| entry.and_then(|entry| child(entry, name)));
    let back = child(node, "RtrInf");
    let kind = nearest("BkTxCd").and_then(|kind| below_text(kind, "SubFmlyCd"));
    let is_return = back.is_some() || kind.as_deref() == Some("RRTN");
    let moved = match (nearest("CdtDbtInd")?.text()?.trim(), is_return) {
        ("DBIT", false) => Ended::Paid,
        ("CRDT", true) => Ended::Returned,
        _ => return None,
    };
    let status = entry.and_then(|entry| child(entry, "Sts"));
    let status = status.and_then(|status| below_text(status, "Cd").or_else(|| own_text(status)));
    // What is not booked has not moved: pending, expected, told for information.
    let ended = if status.is_none_or(|status| status == "BOOK") { moved } else { Ended::Pending };
    let code = back.and_then(|back| below_text(back, "Cd")).unwrap_or_default();
    Some(Told { reference, ended, code: or_none_given(code), amount: moved_amount(node, entry) })
}

/// What a transaction moved; an entry's own sum stands for it when the entry has no other.
fn moved_amount(node: Node<'_, '_>, entry: Option<Node<'_, '_>>) -> Option<Amount> {
    let details = || child(child(child(node, "AmtDtls")?, "TxAmt")?, "Amt");
    let whole = || {
        let all = |entry: &Node<'_, '_>| entry.descendants().filter(|one| one.tag_name().name() == "TxDtls").count();
        child(entry.filter(|entry| all(entry) == 1)?, "Amt")
    };
    let amount = child(node, "Amt").or_else(details).or_else(whole)?;
    Amount::parse(amount.text()?.trim(), amount.attribute("Ccy")?.parse().ok()?).ok()
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|inner| inner.tag_name().name() == name)
}

fn own_text(node: Node<'_, '_>) -> Option<String> {
    node.text().map(|text| text.trim().to_owned())
}

fn below_text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let found = node.descendants().find(|inner| inner.tag_name().name() == name);
    found.and_then(own_text)
}
