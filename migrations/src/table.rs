//! A short way to write tables.

use sea_orm_migration::prelude::*;

/// The kinds of column the schema uses.
pub(crate) enum Kind {
    Id,
    Text,
    Integer,
    Float,
    Flag,
    Bytes,
}

/// A table under construction; columns are required unless said otherwise.
pub(crate) struct Columns(TableCreateStatement);

pub(crate) fn table(name: &'static str) -> Columns {
    Columns(Table::create().table(name).to_owned())
}

fn column(name: &'static str, kind: Kind) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match kind {
        Kind::Id => column.uuid(),
        Kind::Text => column.text(),
        Kind::Integer => column.big_integer(),
        Kind::Float => column.double(),
        Kind::Flag => column.boolean(),
        Kind::Bytes => column.blob(),
    };
    column
}

impl Columns {
    /// The UUID primary key `id`.
    pub(crate) fn id(mut self) -> Self {
        self.0.col(column("id", Kind::Id).not_null().primary_key());
        self
    }

    /// A text primary key.
    pub(crate) fn key(mut self, name: &'static str) -> Self {
        self.0.col(column(name, Kind::Text).not_null().primary_key());
        self
    }

    /// An automatic, ever growing primary key.
    pub(crate) fn sequence(mut self, name: &'static str) -> Self {
        self.0.col(ColumnDef::new(name).big_integer().not_null().auto_increment().primary_key());
        self
    }

    /// Required columns.
    pub(crate) fn with(mut self, kind: fn() -> Kind, names: &[&'static str]) -> Self {
        for name in names {
            self.0.col(column(name, kind()).not_null());
        }
        self
    }

    /// Columns that may be empty.
    pub(crate) fn maybe(mut self, kind: fn() -> Kind, names: &[&'static str]) -> Self {
        for name in names {
            self.0.col(column(name, kind()).null());
        }
        self
    }

    /// A reference to the `id` of another table.
    pub(crate) fn refers(mut self, name: &'static str, to: &'static str) -> Self {
        self.0.foreign_key(ForeignKey::create().from_col(name).to(to, "id"));
        self
    }

    /// A composite primary key.
    pub(crate) fn keys(mut self, names: &[&'static str]) -> Self {
        let mut index = Index::create();
        for name in names {
            index.col(*name);
        }
        self.0.primary_key(&mut index);
        self
    }

    pub(crate) fn build(self) -> TableCreateStatement {
        self.0
    }
}

pub(crate) fn id() -> Kind {
    Kind::Id
}
pub(crate) fn text() -> Kind {
    Kind::Text
}
pub(crate) fn integer() -> Kind {
    Kind::Integer
}
pub(crate) fn float() -> Kind {
    Kind::Float
}
pub(crate) fn flag() -> Kind {
    Kind::Flag
}
pub(crate) fn bytes() -> Kind {
    Kind::Bytes
}

/// An index named after its table and columns.
pub(crate) fn index(on: &'static str, columns: &[&'static str], unique: bool) -> IndexCreateStatement {
    let mut statement = Index::create();
    statement.name(format!("{}_{on}_{}", if unique { "uq" } else { "ix" }, columns.join("_"))).table(on);
    for column in columns {
        statement.col(*column);
    }
    if unique {
        statement.unique();
    }
    statement
}
