//! What an organisation says of itself.

use crate::{Check, CreditCode, FieldError, Fields, LegalKind, OrganisationKind, is_industry};

/// The data of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationContent {
    /// 统一社会信用代码, checked by its digits.
    pub credit_code: CreditCode,
    /// Registered name.
    pub name: String,
    /// English name, may be empty.
    pub name_en: String,
    /// Enterprise, institute or agency.
    pub kind: OrganisationKind,
    /// 法人性质.
    pub legal_kind: LegalKind,
    /// Region, six digits; the market checks that the city has it (or `000000` for outside the city).
    pub region: String,
    /// GB/T 4754 division, may be empty.
    pub industry: String,
    /// What it does.
    pub summary: String,
    /// Web site, `http(s)://…` or empty.
    pub website: String,
}

/// Region code of organisations outside the city.
pub const OUTSIDE: &str = "000000";

impl OrganisationContent {
    /// Reads the form of an organisation.
    ///
    /// # Errors
    /// Every reason at its field.
    pub fn read(fields: &Fields) -> Result<Self, Vec<FieldError>> {
        let mut check = Check::new();
        let typed = fields.value("credit_code");
        let credit_code = if typed.trim().is_empty() {
            check.refuse(FieldError::new("credit_code", "required"));
            None
        } else {
            check.take(CreditCode::parse(typed), |e| e.at("credit_code"))
        };
        let name = check.required("name", fields.value("name"), 120);
        let name_en = check.optional("name_en", fields.value("name_en"), 200);
        let kind = OrganisationKind::from_code(fields.value("kind"));
        check.ensure(kind.is_some(), "kind", "required");
        let legal_kind = LegalKind::from_code(fields.value("legal_kind"));
        check.ensure(legal_kind.is_some(), "legal_kind", "required");
        let region = check.required("region", fields.value("region"), 6);
        let industry = check.optional("industry", fields.value("industry"), 5);
        check.ensure(industry.is_empty() || is_industry(&industry), "industry", "choice");
        let summary = check.optional("summary", fields.value("summary"), 2_000);
        let website = check.optional("website", fields.value("website"), 200);
        let plain = website.is_empty()
            || ((website.starts_with("https://") || website.starts_with("http://")) && !website.contains(char::is_whitespace));
        check.ensure(plain, "website", "website");
        match (credit_code, kind, legal_kind) {
            (Some(credit_code), Some(kind), Some(legal_kind)) => {
                check.finish(Self { credit_code, name, name_en, kind, legal_kind, region, industry, summary, website })
            }
            _ => check.finish(()).and_then(|()| Err(vec![FieldError::new("", "refused")])),
        }
    }
}
