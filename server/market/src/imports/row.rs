//! One row of a file made a listing's content, by the rules of the model.

use keqiao_model::{CreditCode, FieldError, Fields, ListingBody, ListingContent, ListingKind, PatentNumber, Strictness, TITLE_MAX};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    RowProblem, TableRow,
    labels::{COOPERATION, FIELDS, IP_KINDS, OPERATORS, OWNERSHIP, PRICE_KINDS, code_of, industry_of},
    values::{self, codes, is_chinese, measures, opening},
};

/// Characters of a summary taken from the text.
const OPENING: usize = 300;
/// Longest external id, characters.
const EXTERNAL_MAX: usize = 100;

/// A good row: what it says, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) external_id: String,
    /// Credit code of the owner, empty when not said.
    pub(super) credit_code: String,
    /// Name of the owner, empty when not said.
    pub(super) organisation: String,
    /// Region of the owner as written, empty when not said.
    pub(super) region: String,
    /// What the row says, named as [`ListingContent::to_fields`] names it, without what it leaves out.
    pub(super) fields: Fields,
    /// Whether the summary was taken from the text, and whether the language was guessed.
    pub(super) derived: (bool, bool),
}

impl Row {
    pub(super) fn title(&self) -> &str {
        self.fields.value("title")
    }

    /// The content of a new listing.
    pub(super) fn content(&self, kind: ListingKind) -> Result<ListingContent, Vec<FieldError>> {
        ListingContent::read(kind, &self.fields, Strictness::Import)
    }

    /// The content of a listing that exists: what the row says, and what the listing says where the row says nothing.
    pub(super) fn merged(&self, kind: ListingKind, existing: &ListingContent) -> Result<ListingContent, Vec<FieldError>> {
        let (summary_derived, language_derived) = self.derived;
        let own_summary = !existing.summary.is_empty() && existing.summary != derived_summary(&existing.body);
        // A table (`indicators.0.name`) is one field.
        let field = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let kept = |name: &str| match name {
            "summary" => summary_derived && own_summary,
            "language" => language_derived,
            _ => false,
        };
        let said: Vec<String> = self.fields.0.iter().map(|(name, _)| field(name)).filter(|name| !kept(name)).collect();
        let mut fields = existing.to_fields();
        fields.0.retain(|(name, _)| !said.contains(&field(name)));
        fields.0.extend(self.fields.0.iter().filter(|(name, _)| said.contains(&field(name))).cloned());
        ListingContent::read(kind, &fields, Strictness::Import)
    }
}

/// The summary of a listing whose file gave none.
fn derived_summary(body: &ListingBody) -> String {
    let texts = match body {
        ListingBody::Demand(d) => [&d.problem, &d.background],
        ListingBody::Achievement(a) => [&a.advantage, &a.one_sentence],
    };
    texts.into_iter().find(|t| !t.is_empty()).map_or_else(String::new, |t| opening(t, OPENING))
}

fn paragraphs(texts: &[&str]) -> String {
    texts.iter().map(|t| t.trim()).filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What is being read: the cells, the form filled from them, and what was found wrong.
struct Reading<'a> {
    cells: &'a Fields,
    fields: Fields,
    errors: Vec<FieldError>,
}

impl Reading<'_> {
    /// The first text of a column.
    fn cell(&self, name: &str) -> String {
        self.cells.value(name).trim().to_owned()
    }

    /// Every text of a column, a paragraph each.
    fn texts(&self, name: &str) -> String {
        self.cells.values(name).join("\n")
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.fields.push(name, value);
        }
    }

    fn copy(&mut self, names: &[&str]) {
        for name in names {
            let text = self.texts(name);
            self.set(name, text);
        }
    }

    /// A column whose values are codes or words for them.
    fn choice(&mut self, name: &str, code: impl Fn(&str) -> Option<&'static str>) {
        let text = self.cell(name);
        if text.is_empty() {
            return;
        }
        // `电子信息、先进制造`: a listing has one; the first that is known.
        let found = code(&text).or_else(|| text.split(values::SEPARATORS).find_map(|part| code(part.trim())));
        if found.is_none() {
            self.errors.push(FieldError::new(name, "choice").with("value", &text));
        }
        self.set(name, found.unwrap_or_default());
    }

    fn money(&mut self) {
        for name in ["price_min", "price_max"] {
            let text = self.cell(name);
            match values::price(&text) {
                _ if text.is_empty() => {}
                Ok(price) => self.set(name, price.min.or(price.max).map_or_else(String::new, |m| m.format_input())),
                Err(error) => self.errors.push(error.at(name)),
            }
        }
        let text = self.cell("price");
        if text.is_empty() {
            return;
        }
        match values::price(&text) {
            Ok(price) => {
                for (name, amount) in [("price_min", price.min), ("price_max", price.max)] {
                    if self.fields.value(name).is_empty() {
                        self.set(name, amount.map_or_else(String::new, |m| m.format_input()));
                    }
                }
                if price.negotiable && self.cell("price_kind").is_empty() {
                    self.set("price_kind", "negotiable");
                }
            }
            Err(error) => self.errors.push(error.at("price")),
        }
    }

    /// Tables of objects, from JSON; the words of their codes made codes.
    fn tables(&mut self) {
        let rows = self.cells.0.iter().filter(|(name, _)| ["indicators.", "ip.", "inventors."].iter().any(|p| name.starts_with(p)));
        for (name, value) in rows.cloned().collect::<Vec<_>>() {
            let column = name.rsplit('.').next().unwrap_or_default();
            let labels = match column {
                "operator" => OPERATORS,
                "kind" if name.starts_with("ip.") => IP_KINDS,
                _ => {
                    self.set(&name, value);
                    continue;
                }
            };
            match code_of(labels, &value) {
                Some(code) => self.set(&name, code),
                None => self.errors.push(FieldError::new(name, "choice").with("value", value)),
            }
        }
    }

    /// Rights and inventors written as text in one cell, as spreadsheets have them; answers what could not be read, which is left out.
    fn lists(&mut self) -> Vec<FieldError> {
        let mut unread = Vec::new();
        let cell = self.cell("ip");
        let mut place = 0;
        for typed in cell.split([';', '；', ',', '，', '、', '\n']).map(str::trim).filter(|t| !t.is_empty()) {
            match PatentNumber::parse(typed) {
                Ok(number) => {
                    self.set(&format!("ip.{place}.kind"), number.kind().code());
                    self.set(&format!("ip.{place}.number"), number.to_string());
                    self.set(&format!("ip.{place}.status"), if number.is_granted() { "granted" } else { "applied" });
                    place += 1;
                }
                Err(error) => unread.push(error.at("ip").with("value", typed)),
            }
        }
        let cell = self.cell("inventors");
        let people: Vec<(String, Option<i64>)> = cell
            .split([';', '；', ',', '，', '、', '\n'])
            .map(|typed| {
                let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
                let name = typed.trim_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || "%％()（）:：.".contains(c));
                (name.to_owned(), digits.parse().ok())
            })
            .filter(|(name, _)| !name.is_empty())
            .collect();
        let stated = people.iter().filter(|(_, share)| share.is_some()).count();
        let count = i64::try_from(people.len()).unwrap_or(1).max(1);
        if stated != 0 && (stated != people.len() || people.iter().filter_map(|(_, s)| *s).sum::<i64>() != 100) {
            unread.push(FieldError::new("inventors", "share").with("value", cell));
            return unread;
        }
        for (at, (name, share)) in (0_i64..).zip(people) {
            // Without stated shares everybody has the same; what does not divide goes to the first.
            let equal = 100 / count + if at == 0 { 100 % count } else { 0 };
            self.set(&format!("inventors.{at}.name"), name);
            self.set(&format!("inventors.{at}.share"), share.unwrap_or(equal).to_string());
        }
        unread
    }

    /// Indicators written as text; answers the text when it is not a list of them.
    fn indicators(&mut self) -> String {
        let text = self.texts("indicators");
        let Some(found) = measures(&text) else { return text };
        for (at, m) in found.into_iter().enumerate() {
            for (column, value) in
                [("name", m.name.as_str()), ("operator", m.operator), ("value", &m.value), ("value_max", &m.value_max), ("unit", &m.unit)]
            {
                self.set(&format!("indicators.{at}.{column}"), value);
            }
        }
        String::new()
    }
}

/// Reads a row; `notes` receives what was changed on the way in.
///
/// # Errors
/// Every reason why the row is refused.
pub(super) fn read(kind: ListingKind, row: &TableRow, notes: &mut Vec<RowProblem>) -> Result<Row, Vec<FieldError>> {
    let mut r = Reading { cells: &row.cells, fields: Fields::default(), errors: Vec::new() };
    let mut warnings = Vec::new();
    let title = r.cell("title").split_whitespace().collect::<Vec<_>>().join(" ");
    let text = paragraphs(&[&r.texts("text"), &r.indicators()]);
    let said_summary = r.texts("summary");
    let external_id = external_id(&mut r, &title, &text, &said_summary);
    let length = title.chars().count();
    let (title, whole_title) = if length > TITLE_MAX {
        warnings.push(FieldError::new("title", "import_title_cut").with("max", TITLE_MAX).with("length", length));
        (title.chars().take(TITLE_MAX - 1).chain(['…']).collect(), title)
    } else {
        (title, String::new())
    };
    r.set("title", title);
    let summary_derived;
    match kind {
        ListingKind::Demand => {
            let problem = paragraphs(&[&whole_title, &r.texts("problem"), &text]);
            let background = r.texts("background");
            summary_derived = said_summary.is_empty();
            let source = if problem.is_empty() { &background } else { &problem };
            let summary = if summary_derived { opening(source, OPENING) } else { said_summary };
            r.set("summary", summary);
            r.set("problem", problem);
            r.set("background", background);
            r.copy(&["current", "tried", "chain_node"]);
        }
        ListingKind::Achievement => {
            // The text of an achievement is its summary; one that begins it is not said twice.
            let summary = if text.starts_with(&said_summary) { text } else { paragraphs(&[&said_summary, &text]) };
            let summary = paragraphs(&[&whole_title, &summary]);
            let (advantage, one_sentence) = (r.texts("advantage"), r.texts("one_sentence"));
            summary_derived = summary.is_empty();
            let source = if advantage.is_empty() { &one_sentence } else { &advantage };
            let summary = if summary_derived { opening(source, OPENING) } else { summary };
            r.set("summary", summary);
            r.set("advantage", advantage);
            r.set("one_sentence", one_sentence);
            r.copy(&["trl_evidence", "discipline", "funding", "applications"]);
            r.choice("ownership", |t| code_of(OWNERSHIP, t));
            r.choice("price_kind", |t| code_of(PRICE_KINDS, t));
        }
    }
    r.copy(&["detail", "keywords"]);
    r.choice("field", |t| code_of(FIELDS, t));
    r.choice("industry", industry_of);
    for way in codes(COOPERATION, &r.texts("cooperation")) {
        if code_of(COOPERATION, &way).is_none() {
            r.errors.push(FieldError::new("cooperation", "choice").with("value", &way));
        } else {
            r.set("cooperation", way);
        }
    }
    let level = r.cell("trl");
    r.set("trl", values::trl(&level).map_or(level, |l| l.to_string()));
    let deadline = r.cell("deadline");
    r.set("deadline", values::date(&deadline).unwrap_or(deadline));
    r.money();
    r.tables();
    warnings.extend(r.lists());
    let language = r.cell("language");
    let language_derived = language.is_empty();
    let guessed = if is_chinese(r.fields.value("title")) || is_chinese(r.fields.value("summary")) { "zh-CN" } else { "en" };
    r.set("language", if language_derived { guessed } else { values::language(&language) });
    let credit_code = r.cell("credit_code");
    let credit_code = match CreditCode::parse(&credit_code) {
        _ if credit_code.is_empty() => String::new(),
        Ok(code) => code.as_str().to_owned(),
        Err(error) => {
            r.errors.push(error.at("credit_code"));
            String::new()
        }
    };
    let (organisation, region) = (r.cell("organisation"), r.cell("region"));
    let content = ListingContent::read(kind, &r.fields, Strictness::Import);
    let content = match content {
        Ok(content) if r.errors.is_empty() => content,
        content => {
            r.errors.extend(content.err().unwrap_or_default());
            return Err(r.errors);
        }
    };
    notes.extend(warnings.into_iter().map(|error| RowProblem::warning(row.line, error)));
    let mut fields = content.to_fields();
    fields.0.retain(|(_, value)| !value.is_empty());
    Ok(Row { line: row.line, external_id, credit_code, organisation, region, fields, derived: (summary_derived, language_derived) })
}

/// The id under which the row is known next time: its own, or a hash of what it says.
fn external_id(r: &mut Reading<'_>, title: &str, text: &str, summary: &str) -> String {
    let own = r.cell("external_id");
    let length = own.chars().count();
    if length > EXTERNAL_MAX {
        r.errors.push(FieldError::new("external_id", "too_long").with("max", EXTERNAL_MAX).with("length", length));
    }
    if !own.is_empty() {
        return own;
    }
    let mut hash = Sha256::new();
    for part in [title, text, summary] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digits: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("sha:{digits}")
}
