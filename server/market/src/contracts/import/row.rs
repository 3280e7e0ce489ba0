//! One row of a table made a contract of the register, by the rules of its form.

use keqiao_model::{
    ContractKind, ContractSubkind, CreditCode, Fen, FieldError, Fields, LegalKind, OUTSIDE, OrganisationContent, TEXT_MAX, TITLE_MAX,
    format_date, parse_date,
};
use serde::{Deserialize, Serialize};
use time::Date;

use super::labels;
use crate::{
    Error, Market, Result,
    imports::{FIELDS, Label, NAME_MAX, RowProblem, TableRow, code_of, date, half_width, industry_of, kinds_of, region_called},
};

/// Longest registration number, characters.
const NUMBER_MAX: usize = 40;
/// Characters of a refused text that are told again.
const TOLD: usize = 60;

/// A party as a row names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Party {
    pub(super) credit_code: String,
    pub(super) name: String,
    /// A code, where the credit code was issued when the row says nothing.
    pub(super) region: String,
    /// A code of `legal_kind`, empty when not said.
    pub(super) legal_kind: String,
}

impl Party {
    /// The organisation to be entered when the market does not know it.
    pub(super) fn content(&self) -> Result<OrganisationContent> {
        let (kind, likely) = kinds_of(&self.credit_code, &self.name);
        Ok(OrganisationContent {
            credit_code: CreditCode::parse(&self.credit_code).map_err(Error::internal)?,
            name: self.name.clone(),
            name_en: String::new(),
            kind,
            legal_kind: LegalKind::from_code(&self.legal_kind).unwrap_or(likely),
            region: self.region.clone(),
            industry: String::new(),
            summary: String::new(),
            website: String::new(),
        })
    }
}

/// A good row: everything as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) registration_number: String,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) subkind: String,
    pub(super) field: String,
    pub(super) payment: String,
    pub(super) signed_on: String,
    pub(super) starts_on: String,
    pub(super) ends_on: String,
    pub(super) registered_on: String,
    pub(super) value: i64,
    pub(super) technical_value: i64,
    pub(super) ip: String,
    pub(super) plan_source: String,
    pub(super) objective: String,
    pub(super) industry: String,
    pub(super) summary: String,
    pub(super) seller: Party,
    pub(super) buyer: Party,
}

impl Row {
    /// The day of registration.
    pub(super) fn registered(&self) -> Result<Date> {
        parse_date(&self.registered_on).ok_or_else(|| Error::internal(format!("import row on {}", self.registered_on)))
    }
}

/// What is being read: the cells, and what was found wrong.
struct Reading<'a> {
    market: &'a Market,
    cells: &'a Fields,
    errors: Vec<FieldError>,
}

impl Reading<'_> {
    /// A cell without the apostrophe that keeps spreadsheets from taking it for a formula.
    fn cell(&self, field: &str) -> &str {
        let text = self.cells.value(field).trim();
        text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text)
    }

    fn add(&mut self, error: FieldError) {
        let typed: String = self.cell(&error.field).chars().take(TOLD).collect();
        self.errors.push(if typed.is_empty() { error } else { error.with("value", typed) });
    }

    fn refuse(&mut self, field: &str, code: &str) {
        self.add(FieldError::new(field, code));
    }

    /// A text of at most so many characters; empty when there is none.
    fn text(&mut self, field: &str, max: usize, required: bool) -> String {
        let text = self.cell(field).to_owned();
        let length = text.chars().count();
        if required && text.is_empty() {
            self.refuse(field, "required");
        } else if length > max {
            self.add(FieldError::new(field, "too_long").with("max", max).with("length", length));
        }
        text
    }

    /// The code that a word stands for; empty when there is no word.
    fn code(&mut self, field: &str, find: impl Fn(&str) -> Option<&'static str>, required: bool) -> String {
        let found = find(self.cell(field));
        match (self.cell(field).is_empty(), found) {
            (true, _) if required => self.refuse(field, "required"),
            (false, None) => self.refuse(field, "import_word"),
            _ => {}
        }
        found.unwrap_or_default().to_owned()
    }

    fn label(&mut self, field: &str, labels: &[Label], required: bool) -> String {
        self.code(field, |text| code_of(labels, text), required)
    }

    /// A day; a month is none.
    fn day(&mut self, field: &str, required: bool) -> Option<Date> {
        let text = self.cell(field);
        if text.is_empty() {
            if required {
                self.refuse(field, "required");
            }
            return None;
        }
        let is_month = text.split(|c: char| !c.is_numeric()).filter(|part| !part.is_empty()).count() == 2;
        let day = date(text).filter(|_| !is_month).and_then(|iso| parse_date(&iso));
        if day.is_none() {
            self.refuse(field, "date");
        }
        day
    }

    fn money(&mut self, field: &str) -> Option<Fen> {
        match Fen::parse_yuan(self.cell(field)) {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.add(error.at(field));
                None
            }
        }
    }

    /// Kind and subkind. The column of kinds may hold the subkind; licences counted as assignments until 2021.
    fn kinds(&mut self, line: u64, notes: &mut Vec<RowProblem>) -> (String, String) {
        let (kind_word, subkind_word) = (self.cell("kind").to_owned(), self.cell("subkind").to_owned());
        let kind = code_of(labels::KINDS, &kind_word).and_then(ContractKind::from_code);
        let only = kind.map(ContractKind::subkinds).and_then(|all| if let [one] = all { Some(*one) } else { None });
        let word = if subkind_word.is_empty() && kind.is_none() { &kind_word } else { &subkind_word };
        let subkind = code_of(labels::SUBKINDS, word).and_then(ContractSubkind::from_code);
        let subkind = if word.is_empty() { only } else { subkind };
        let Some(subkind) = subkind else {
            if kind.is_none() {
                self.refuse("kind", if kind_word.is_empty() { "required" } else { "import_word" });
            }
            if kind.is_some() || !subkind_word.is_empty() {
                self.refuse("subkind", if subkind_word.is_empty() { "required" } else { "import_word" });
            }
            return (String::new(), String::new());
        };
        match kind {
            Some(ContractKind::Transfer) if subkind.kind() == ContractKind::License => {
                notes.push(RowProblem::warning(line, FieldError::new("kind", "import_licence")));
            }
            Some(kind) if kind != subkind.kind() => self.refuse("subkind", "subkind"),
            None if !kind_word.is_empty() && !subkind_word.is_empty() => self.refuse("kind", "import_word"),
            _ => {}
        }
        (subkind.kind().code().to_owned(), subkind.code().to_owned())
    }

    fn party(&mut self, side: &str) -> Party {
        let field = |name: &str| format!("{side}_{name}");
        let name = self.text(&field("name"), NAME_MAX, true);
        let (at, typed) = (field("credit_code"), self.cell(&field("credit_code")).to_owned());
        let credit_code = match CreditCode::parse(&typed) {
            Ok(code) => code.as_str().to_owned(),
            Err(error) => {
                if typed.is_empty() {
                    self.refuse(&at, "required");
                } else {
                    self.add(error.at(&at));
                }
                String::new()
            }
        };
        let legal_kind = self.label(&field("legal_kind"), labels::LEGAL_KINDS, false);
        let (at, typed) = (field("region"), self.cell(&field("region")).to_owned());
        let issued = credit_code.get(2..8).unwrap_or_default();
        let region = if typed.is_empty() {
            self.market.region(issued).map_or(OUTSIDE, |r| r.code.as_str()).to_owned()
        } else {
            let said = region_called(self.market, &typed);
            if said.is_none() {
                self.refuse(&at, "import_word");
            }
            said.unwrap_or_default()
        };
        Party { credit_code, name, region, legal_kind }
    }

    fn registration_number(&mut self) -> String {
        let typed = self.text("registration_number", NUMBER_MAX, true);
        typed.chars().map(half_width).filter(|c| !c.is_whitespace() && !c.is_control()).collect()
    }
}

/// Reads a row; `today` is the last day on which a contract may have been signed and registered. `notes` receives what was changed on the way in.
///
/// # Errors
/// Every reason why the row is refused.
pub(super) fn read(market: &Market, today: Date, row: &TableRow, notes: &mut Vec<RowProblem>) -> std::result::Result<Row, Vec<FieldError>> {
    let mut r = Reading { market, cells: &row.cells, errors: Vec::new() };
    let mut warnings = Vec::new();
    let registration_number = r.registration_number();
    let title = r.text("title", TITLE_MAX, true);
    let (kind, subkind) = r.kinds(row.line, &mut warnings);
    let (seller, buyer) = (r.party("seller"), r.party("buyer"));
    if !seller.credit_code.is_empty() && seller.credit_code == buyer.credit_code {
        r.refuse("buyer_credit_code", "same_party");
    }
    let (signed_on, ends_on, registered_on) = (r.day("signed_on", true), r.day("ends_on", true), r.day("registered_on", true));
    let starts_on = r.day("starts_on", false).or(signed_on);
    for (field, day) in [("signed_on", signed_on), ("registered_on", registered_on)] {
        if day.is_some_and(|day| day > today) {
            r.refuse(field, "future");
        }
    }
    if let (Some(signed), Some(registered)) = (signed_on, registered_on)
        && registered < signed
    {
        r.refuse("registered_on", "import_registered_early");
    }
    if let (Some(starts), Some(ends)) = (starts_on, ends_on)
        && ends < starts
    {
        r.refuse("ends_on", "date_order");
    }
    let (value, technical_value) = (r.money("value"), r.money("technical_value"));
    if value == Some(Fen::ZERO) {
        r.refuse("value", "positive");
    }
    if let (Some(total), Some(technical)) = (value, technical_value)
        && technical > total
    {
        r.refuse("technical_value", "technical_over_total");
    }
    let field = r.label("field", FIELDS, true);
    let payment = r.label("payment", labels::PAYMENTS, true);
    let ip = r.label("ip", labels::IP, false);
    let plan_source = r.label("plan_source", labels::PLAN_SOURCES, false);
    let objective = r.label("objective", labels::OBJECTIVES, false);
    let industry = r.code("industry", industry_of, false);
    let (said, note) = (r.text("summary", TEXT_MAX, false), r.text("note", TEXT_MAX, false));
    let summary = [said, note].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
    // What left the register elsewhere does not enter it here.
    if !r.cell("state").is_empty() && code_of(labels::IN_REGISTER, r.cell("state")).is_none() {
        r.refuse("state", "import_not_registered");
    }
    let (Some(signed_on), Some(starts_on), Some(ends_on), Some(registered_on)) = (signed_on, starts_on, ends_on, registered_on) else {
        return Err(r.errors);
    };
    let (Some(value), Some(technical_value), true) = (value, technical_value, r.errors.is_empty()) else { return Err(r.errors) };
    notes.append(&mut warnings);
    Ok(Row {
        line: row.line,
        registration_number,
        summary: if summary.is_empty() { title.clone() } else { summary },
        title,
        kind,
        subkind,
        field,
        payment,
        signed_on: format_date(signed_on),
        starts_on: format_date(starts_on),
        ends_on: format_date(ends_on),
        registered_on: format_date(registered_on),
        value: value.fen(),
        technical_value: technical_value.fen(),
        ip,
        plan_source,
        objective,
        industry,
        seller,
        buyer,
    })
}
