//! Whose the rows are, and who may say so.

use std::collections::{BTreeSet, HashMap};

use keqiao_model::{FieldError, LegalKind, OUTSIDE, OrganisationKind};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use super::{RowProblem, row::Row};
use crate::{
    Actor, Error, Market, Result,
    db::Tx,
    entity::organisation::{self, Column, Model},
    region_contains,
};

/// Longest name of an organisation, characters.
pub(crate) const NAME_MAX: usize = 120;
/// Values in one `IN`.
const MANY: usize = 500;

/// For whom an actor may bring in listings.
enum Right {
    /// The program itself: anybody.
    All,
    /// An officer: organisations of the region, and of one's own.
    Officer { region: String, city: bool, own: Vec<Uuid> },
    /// A member: one's own.
    Own(Vec<Uuid>),
}

impl Right {
    fn of(market: &Market, actor: &Actor) -> Result<Self> {
        if *actor == Actor::System {
            return Ok(Self::All);
        }
        let person = actor.signed_in()?;
        let listing = |kind: OrganisationKind| kind != OrganisationKind::Agency;
        let own: Vec<Uuid> = person.organisations.iter().filter(|o| listing(o.kind)).map(|o| o.id).collect();
        let right = match &person.officer {
            Some(region) => Self::Officer { region: region.clone(), city: *region == market.config.city, own },
            None if own.is_empty() => return Err(Error::Forbidden),
            None => Self::Own(own),
        };
        if person.verified { Ok(right) } else { Err(Error::field("", "not_verified")) }
    }

    fn covers_region(&self, region: &str) -> bool {
        match self {
            Self::All => true,
            Self::Officer { region: officer, city, .. } => region_contains(officer, region) || (*city && region == OUTSIDE),
            Self::Own(_) => false,
        }
    }

    fn covers(&self, organisation: &Model) -> bool {
        match self {
            Self::All => true,
            Self::Officer { own, .. } => own.contains(&organisation.id) || self.covers_region(&organisation.region),
            Self::Own(own) => own.contains(&organisation.id),
        }
    }
}

/// The owner of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// An organisation that exists.
    Known(Uuid),
    /// One to be created, by its credit code.
    New(String),
}

/// An organisation to be created with the first row that names it.
#[derive(Debug, Clone)]
struct Newcomer {
    name: String,
    region: String,
}

/// The organisations that the rows of a file belong to.
pub(super) struct Owners {
    right: Right,
    default: Option<Model>,
    by_code: HashMap<String, Model>,
    /// `None` for a name that several organisations bear.
    by_name: HashMap<String, Option<Model>>,
    newcomers: HashMap<String, Newcomer>,
    /// Regions of the organisations known so far.
    regions: HashMap<Uuid, String>,
}

impl Owners {
    /// Checks that the actor may bring in anything at all, and for the organisation meant for rows that name none.
    pub(super) async fn new(market: &Market, actor: &Actor, organisation: Option<Uuid>) -> Result<Self> {
        let right = Right::of(market, actor)?;
        let acting = || actor.organisation().filter(|o| o.kind != OrganisationKind::Agency).map(|o| o.id);
        let default = match (organisation.or_else(acting), &right) {
            (Some(id), _) => Some(id),
            (None, Right::Own(own)) => own.first().copied(),
            (None, _) => None,
        };
        let default = match default {
            Some(id) => Some(organisation::Entity::find_by_id(id).one(&market.db).await?.ok_or(Error::NotFound)?),
            None => None,
        };
        if default.as_ref().is_some_and(|o| !right.covers(o) || o.kind == OrganisationKind::Agency.code()) {
            return Err(Error::Forbidden);
        }
        let regions = default.iter().map(|o| (o.id, o.region.clone())).collect();
        Ok(Self { right, default, by_code: HashMap::new(), by_name: HashMap::new(), newcomers: HashMap::new(), regions })
    }

    /// The organisation meant for rows that name none.
    pub(super) fn default_id(&self) -> Option<Uuid> {
        self.default.as_ref().map(|o| o.id)
    }

    /// Whether rows of this organisation may be published at once.
    pub(super) fn may_publish(&self, actor: &Actor, organisation: Uuid) -> bool {
        match self.right {
            Right::All => true,
            // No officer publishes what belongs to an organisation of the officer's own.
            Right::Officer { .. } => !actor.belongs_to(organisation),
            Right::Own(_) => false,
        }
    }

    /// Whether anything may be published at once.
    pub(super) fn publishes(&self) -> bool {
        !matches!(self.right, Right::Own(_))
    }

    /// Reads the organisations that rows name.
    pub(super) async fn load(&mut self, market: &Market, rows: &[Row]) -> Result<()> {
        let codes: BTreeSet<&str> = rows.iter().map(|r| r.credit_code.as_str()).filter(|c| !c.is_empty()).collect();
        let names: BTreeSet<&str> =
            rows.iter().filter(|r| r.credit_code.is_empty()).map(|r| r.organisation.as_str()).filter(|n| !n.is_empty()).collect();
        for chunk in codes.into_iter().collect::<Vec<_>>().chunks(MANY) {
            let found = organisation::Entity::find().filter(Column::CreditCode.is_in(chunk.iter().copied())).all(&market.db).await?;
            self.regions.extend(found.iter().map(|o| (o.id, o.region.clone())));
            self.by_code.extend(found.into_iter().map(|o| (o.credit_code.clone(), o)));
        }
        for chunk in names.into_iter().collect::<Vec<_>>().chunks(MANY) {
            for found in organisation::Entity::find().filter(Column::Name.is_in(chunk.iter().copied())).all(&market.db).await? {
                self.regions.insert(found.id, found.region.clone());
                self.by_name.entry(found.name.clone()).and_modify(|o| *o = None).or_insert(Some(found));
            }
        }
        Ok(())
    }

    /// The owner of a row, and what should be said of it.
    pub(super) fn of(&mut self, market: &Market, row: &Row) -> Result<(Owner, Option<RowProblem>), FieldError> {
        if row.credit_code.is_empty() {
            return self.by_name_or_default(row);
        }
        if let Some(found) = self.by_code.get(&row.credit_code) {
            return self.permitted(found, "credit_code").map(|owner| (owner, None));
        }
        if matches!(self.right, Right::Own(_)) {
            return Err(FieldError::new("credit_code", "import_not_your_organisation"));
        }
        if row.organisation.is_empty() {
            return Err(FieldError::new("organisation", "import_organisation_name"));
        }
        let length = row.organisation.chars().count();
        if length > NAME_MAX {
            return Err(FieldError::new("organisation", "too_long").with("max", NAME_MAX).with("length", length));
        }
        if !self.newcomers.contains_key(&row.credit_code) {
            let region = region_of(market, row)?;
            if !self.right.covers_region(&region) {
                return Err(FieldError::new("region", "import_region"));
            }
            self.newcomers.insert(row.credit_code.clone(), Newcomer { name: row.organisation.clone(), region });
        }
        Ok((Owner::New(row.credit_code.clone()), None))
    }

    fn by_name_or_default(&self, row: &Row) -> Result<(Owner, Option<RowProblem>), FieldError> {
        // Members bring in their own: a column of departments must not keep rows out.
        let named = if matches!(self.right, Right::Own(_)) { None } else { self.by_name.get(&row.organisation).and_then(Option::as_ref) };
        if let Some(found) = named {
            return self.permitted(found, "organisation").map(|owner| (owner, None));
        }
        let Some(default) = &self.default else {
            let code = if row.organisation.is_empty() { "import_no_organisation" } else { "import_organisation_unknown" };
            return Err(FieldError::new("organisation", code).with("name", &row.organisation));
        };
        let differs = !row.organisation.is_empty() && row.organisation != default.name && !matches!(self.right, Right::Own(_));
        let note = differs.then(|| {
            let error =
                FieldError::new("organisation", "import_organisation_default").with("name", &row.organisation).with("owner", &default.name);
            RowProblem::warning(row.line, error)
        });
        Ok((Owner::Known(default.id), note))
    }

    fn permitted(&self, found: &Model, field: &str) -> Result<Owner, FieldError> {
        if !self.right.covers(found) {
            return Err(FieldError::new(field, "import_not_your_organisation"));
        }
        if found.kind == OrganisationKind::Agency.code() {
            return Err(FieldError::new(field, "agency_cannot_list"));
        }
        Ok(Owner::Known(found.id))
    }

    /// The region of an organisation that was read or created.
    pub(super) fn region(&self, organisation: Uuid) -> &str {
        self.regions.get(&organisation).map_or(OUTSIDE, String::as_str)
    }

    /// The id of an owner that exists.
    pub(super) fn known(&self, owner: &Owner) -> Option<Uuid> {
        match owner {
            Owner::Known(id) => Some(*id),
            Owner::New(code) => self.by_code.get(code).map(|o| o.id),
        }
    }

    /// The organisation of an owner, created when it is new.
    pub(super) async fn settle(&mut self, tx: &Tx, owner: &Owner) -> Result<Uuid> {
        if let Some(id) = self.known(owner) {
            return Ok(id);
        }
        let Owner::New(code) = owner else { return Err(Error::internal("an owner without an id")) };
        let newcomer = self.newcomers.get(code).ok_or_else(|| Error::internal("an owner without a name"))?;
        let (kind, legal_kind) = kinds_of(code, &newcomer.name);
        let row = organisation::ActiveModel {
            id: Set(Uuid::now_v7()),
            credit_code: Set(code.clone()),
            name: Set(newcomer.name.clone()),
            name_en: Set(String::new()),
            kind: Set(kind.code().to_owned()),
            legal_kind: Set(legal_kind.code().to_owned()),
            region: Set(newcomer.region.clone()),
            industry: Set(String::new()),
            summary: Set(String::new()),
            website: Set(String::new()),
            created_at: Set(tx.now),
            version: Set(1),
        };
        // Somebody may have registered it since the file was read.
        let conflict = OnConflict::column(Column::CreditCode).do_nothing().to_owned();
        organisation::Entity::insert(row).on_conflict(conflict).exec_without_returning(&**tx).await?;
        let found = organisation::Entity::find().filter(Column::CreditCode.eq(code)).one(&**tx).await?;
        let found = found.ok_or_else(|| Error::internal("an organisation vanished"))?;
        if !self.right.covers(&found) {
            return Err(Error::Stale);
        }
        let id = found.id;
        self.regions.insert(id, found.region.clone());
        self.by_code.insert(code.clone(), found);
        Ok(id)
    }
}

/// The region of an organisation to be created: as its row says, else where its credit code was issued, else outside the city.
fn region_of(market: &Market, row: &Row) -> Result<String, FieldError> {
    let issued = row.credit_code.get(2..8).unwrap_or_default();
    if row.region.is_empty() {
        return Ok(market.region(issued).map_or(OUTSIDE, |r| r.code.as_str()).to_owned());
    }
    region_called(market, &row.region).ok_or_else(|| FieldError::new("region", "choice").with("value", &row.region))
}

/// The region that a text means: a code, or a name in either language.
pub(crate) fn region_called(market: &Market, text: &str) -> Option<String> {
    let named = |zh: &str, en: &str| zh == text || (!en.is_empty() && en.eq_ignore_ascii_case(text));
    let said = |r: &&crate::Region| named(&r.zh, &r.en) || r.former.iter().any(|f| named(&f.zh, &f.en));
    let outside = || [OUTSIDE, "市外", "外地"].contains(&text) || text.eq_ignore_ascii_case("outside the city");
    let found = market.region(text).or_else(|| market.config.regions.iter().find(said)).map(|r| r.code.clone());
    found.or_else(|| outside().then(|| OUTSIDE.to_owned()))
}

/// What an organisation is, by the first characters of its credit code (GB 32100-2015: 9 工商, 11 机关, 12 事业单位, 5 民政) and its name.
pub(crate) fn kinds_of(code: &str, name: &str) -> (OrganisationKind, LegalKind) {
    if code.starts_with('9') {
        let legal = if name.contains("股份") { LegalKind::JointStock } else { LegalKind::Limited };
        return (OrganisationKind::Enterprise, legal);
    }
    let legal = if code.starts_with("11") {
        LegalKind::Government
    } else if code.starts_with("51") {
        LegalKind::Association
    } else if name.contains("医院") {
        LegalKind::Hospital
    } else if name.contains("大学") {
        LegalKind::University
    } else if name.contains("研究") || name.contains("科学院") {
        LegalKind::ResearchInstitute
    } else if name.contains("学院") {
        LegalKind::University
    } else {
        LegalKind::OtherInstitution
    };
    (OrganisationKind::Institute, legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_follow_code_and_name() {
        let check =
            |code: &str, name: &str, kind: OrganisationKind, legal: LegalKind| assert_eq!(kinds_of(code, name), (kind, legal), "{name}");
        check("91", "云汀轴承有限公司", OrganisationKind::Enterprise, LegalKind::Limited);
        check("91", "云汀轴承股份有限公司", OrganisationKind::Enterprise, LegalKind::JointStock);
        check("12", "云汀大学", OrganisationKind::Institute, LegalKind::University);
        check("12", "中国科学院云汀材料研究所", OrganisationKind::Institute, LegalKind::ResearchInstitute);
        check("12", "云汀大学附属第一医院", OrganisationKind::Institute, LegalKind::Hospital);
        check("11", "云汀市科学技术局", OrganisationKind::Institute, LegalKind::Government);
        check("51", "云汀市轴承行业协会", OrganisationKind::Institute, LegalKind::Association);
    }
}
