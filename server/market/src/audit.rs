//! Who did what: what every use case writes with its change, for administrators to read.

use std::collections::HashMap;

use keqiao_model::ListingKind;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Actor, Error, Market, Paged, Result,
    db::{Subject, from_micros},
    entity::{audit, contract, deal, listing, organisation, person},
    listings::kind_of,
    paging::fetch,
};

/// What an entry is about, as far as it still exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditSubject {
    /// A person: id and name.
    Person(Uuid, String),
    /// An organisation: id and name.
    Organisation(Uuid, String),
    /// A listing: side and number.
    Listing(ListingKind, String),
    /// A deal: number.
    Deal(String),
    /// A contract: number.
    Contract(String),
    /// Anything else.
    Other,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: OffsetDateTime,
    /// Who: id and name; nobody for visitors and the program itself.
    pub person: Option<(Uuid, String)>,
    /// What was done, `subject.action`.
    pub action: String,
    /// Code of the kind of subject.
    pub subject_kind: String,
    /// What it was done to.
    pub subject: AuditSubject,
    /// Particulars, by name.
    pub detail: serde_json::Value,
}

/// Which entries to read; nothing for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// What this person did, or what was done to it: who signs in is nobody yet.
    pub person: Option<Uuid>,
    /// What was done to subjects of this kind.
    pub subject: Option<Subject>,
}

/// Entries, newest first. Administrators only.
///
/// # Errors
/// [`Error::SignIn`]; [`Error::NotFound`] for anyone who is no administrator.
pub async fn entries(market: &Market, actor: &Actor, filter: &AuditFilter, page: u64) -> Result<Paged<AuditEntry>> {
    if !actor.signed_in()?.admin {
        return Err(Error::NotFound);
    }
    let mut query = audit::Entity::find().order_by_desc(audit::Column::At).order_by_desc(audit::Column::Id);
    if let Some(person) = filter.person {
        let done_to = Condition::all().add(audit::Column::SubjectKind.eq(Subject::Person.code())).add(audit::Column::SubjectId.eq(person));
        query = query.filter(Condition::any().add(audit::Column::PersonId.eq(person)).add(done_to));
    }
    if let Some(subject) = filter.subject {
        query = query.filter(audit::Column::SubjectKind.eq(subject.code()));
    }
    let (paged, rows) = fetch(&market.db, query, page).await?.take();
    let people = people(market, &rows).await?;
    let mut subjects = subjects(market, &rows, &people).await?;
    let items = rows
        .into_iter()
        .map(|row| {
            Ok(AuditEntry {
                at: from_micros(row.at),
                person: row.person_id.and_then(|id| people.get(&id).map(|name| (id, name.clone()))),
                subject: subjects.remove(&row.id).unwrap_or(AuditSubject::Other),
                action: row.action,
                subject_kind: row.subject_kind,
                detail: serde_json::from_str(&row.detail)?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(paged.with(items))
}

/// Names of everyone who acts or is acted upon, by id.
async fn people(market: &Market, rows: &[audit::Model]) -> Result<HashMap<Uuid, String>> {
    let actors = rows.iter().filter_map(|row| row.person_id);
    let ids: Vec<Uuid> = actors.chain(about(rows, Subject::Person)).collect();
    let found = person::Entity::find().filter(person::Column::Id.is_in(ids)).all(&market.db).await?;
    Ok(found.into_iter().map(|p| (p.id, p.name)).collect())
}

/// Ids of the subjects of one kind.
fn about(rows: &[audit::Model], kind: Subject) -> Vec<Uuid> {
    rows.iter().filter(|row| row.subject_kind == kind.code()).filter_map(|row| row.subject_id).collect()
}

/// What entries are about, by the id of the entry.
async fn subjects(market: &Market, rows: &[audit::Model], people: &HashMap<Uuid, String>) -> Result<HashMap<Uuid, AuditSubject>> {
    let db = &market.db;
    let mut known: HashMap<(&str, Uuid), AuditSubject> = HashMap::new();
    for id in about(rows, Subject::Person) {
        if let Some(name) = people.get(&id) {
            known.insert((Subject::Person.code(), id), AuditSubject::Person(id, name.clone()));
        }
    }
    let ids = about(rows, Subject::Organisation);
    for o in organisation::Entity::find().filter(organisation::Column::Id.is_in(ids)).all(db).await? {
        known.insert((Subject::Organisation.code(), o.id), AuditSubject::Organisation(o.id, o.name));
    }
    let ids = about(rows, Subject::Listing);
    for l in listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(db).await? {
        known.insert((Subject::Listing.code(), l.id), AuditSubject::Listing(kind_of(&l), l.number));
    }
    let ids = about(rows, Subject::Deal);
    for d in deal::Entity::find().filter(deal::Column::Id.is_in(ids)).all(db).await? {
        known.insert((Subject::Deal.code(), d.id), AuditSubject::Deal(d.number));
    }
    let ids = about(rows, Subject::Contract);
    for c in contract::Entity::find().filter(contract::Column::Id.is_in(ids)).all(db).await? {
        known.insert((Subject::Contract.code(), c.id), AuditSubject::Contract(c.number));
    }
    let of = |row: &audit::Model| known.get(&(row.subject_kind.as_str(), row.subject_id?)).cloned();
    Ok(rows.iter().filter_map(|row| of(row).map(|subject| (row.id, subject))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::Roles,
        organisations,
        testing::{TestMarket, organisation_form},
    };

    #[tokio::test]
    async fn administrators_alone_read_who_did_what() {
        let t = TestMarket::new().await;
        let shen = t.someone("shen").await;
        let admin = t.person("admin", Roles { admin: true, ..Roles::default() }).await;
        let admin = t.actor(admin).await;
        let form = organisation_form("Yunting Digital Printing", "MA1AAAA1", "990102");
        let id = organisations::create(&t.market, &shen, &form, None).await.unwrap();
        let all = AuditFilter::default();
        assert!(matches!(entries(&t.market, &Actor::Visitor, &all, 1).await, Err(Error::SignIn)));
        assert!(matches!(entries(&t.market, &shen, &all, 1).await, Err(Error::NotFound)));
        let read = entries(&t.market, &admin, &all, 1).await.unwrap();
        assert_eq!(read.total, 3, "two people entered by the program, one organisation");
        let newest = &read.items[0];
        assert_eq!(newest.action, "organisation.create");
        assert_eq!(newest.person.as_ref().unwrap().1, "shen");
        assert_eq!(newest.subject, AuditSubject::Organisation(id, "Yunting Digital Printing".to_owned()));
        let people = AuditFilter { subject: Some(Subject::Person), ..all.clone() };
        let of_people = entries(&t.market, &admin, &people, 1).await.unwrap();
        assert!(
            of_people.total == 2 && of_people.items.iter().all(|e| e.person.is_none() && matches!(e.subject, AuditSubject::Person(..)))
        );
        let of_shen = AuditFilter { person: shen.id(), ..all };
        let actions: Vec<String> = entries(&t.market, &admin, &of_shen, 1).await.unwrap().items.into_iter().map(|e| e.action).collect();
        assert_eq!(actions, ["organisation.create", "person.create"], "what shen did, and what was done to shen");
    }
}
