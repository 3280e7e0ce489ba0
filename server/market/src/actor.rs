//! Who acts. Every use case takes an actor; what it may do is decided from nothing else.

use keqiao_model::{Lang, OrganisationKind};
use uuid::Uuid;

use crate::{Error, Result};

/// An organisation a person belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorOrganisation {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Enterprise, institute or agency.
    pub kind: OrganisationKind,
    /// Whether the person manages it (edits its data, accepts members).
    pub manager: bool,
}

/// A signed-in person as of this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Person id.
    pub id: Uuid,
    /// Session id; nil for the command line.
    pub session: Uuid,
    /// Name as shown.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Whether the address was confirmed.
    pub verified: bool,
    /// The organisation acted for, of those the person belongs to.
    pub organisation: Option<ActorOrganisation>,
    /// Every organisation the person belongs to.
    pub organisations: Vec<ActorOrganisation>,
    /// Whether the person is a broker (技术经理人).
    pub broker: bool,
    /// The region an officer answers for: the city's code or one county's.
    pub officer: Option<String>,
    /// Former codes of what the officer answers for.
    pub officer_former: Vec<String>,
    /// Administrator of the installation.
    pub admin: bool,
    /// Preferred language of mail.
    pub lang: Lang,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody signed in.
    Visitor,
    /// A signed-in person.
    Person(Box<Person>),
    /// The program itself: workers, demo, command line.
    System,
}

impl Actor {
    /// The signed-in person, if any.
    pub fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            Self::Visitor | Self::System => None,
        }
    }

    /// The signed-in person.
    ///
    /// # Errors
    /// [`Error::SignIn`] for anyone else.
    pub fn signed_in(&self) -> Result<&Person> {
        self.person().ok_or(Error::SignIn)
    }

    /// The person's id, if any.
    pub fn id(&self) -> Option<Uuid> {
        self.person().map(|p| p.id)
    }

    /// The organisation acted for.
    pub fn organisation(&self) -> Option<&ActorOrganisation> {
        self.person().and_then(|p| p.organisation.as_ref())
    }

    /// Whether the actor belongs to an organisation, acting for it or not.
    pub fn belongs_to(&self, organisation: Uuid) -> bool {
        self.person().is_some_and(|p| p.organisations.iter().any(|o| o.id == organisation))
    }

    /// Whether the actor acts for an organisation now.
    pub fn acts_for(&self, organisation: Uuid) -> bool {
        self.organisation().is_some_and(|o| o.id == organisation)
    }

    /// Whether the actor is a broker.
    pub fn is_broker(&self) -> bool {
        self.person().is_some_and(|p| p.broker)
    }

    /// Whether the actor is an officer of any region.
    pub fn is_officer(&self) -> bool {
        self.person().is_some_and(|p| p.officer.is_some())
    }

    /// Whether the actor is an officer who answers for a region: the city's officers for every county, a county's for its own, by its code
    /// of today or a former one.
    pub fn is_officer_of(&self, region: &str) -> bool {
        let Some(person) = self.person() else { return false };
        let former = || person.officer_former.iter().any(|code| code == region);
        person.officer.as_deref().is_some_and(|o| region_contains(o, region) || former())
    }

    /// Whether the actor is the administrator.
    pub fn is_admin(&self) -> bool {
        self.person().is_some_and(|p| p.admin)
    }
}

/// Whether a region of GB/T 2260 lies in another: a prefecture (`990100`) holds its counties (`9901xx`).
pub fn region_contains(outer: &str, inner: &str) -> bool {
    outer == inner || (outer.ends_with("00") && outer.get(..4).is_some_and(|prefix| inner.starts_with(prefix)))
}
