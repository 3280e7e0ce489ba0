//! Everything a database holds, to prove that nothing changed, or exactly what did.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use keqiao_market::{Market, entity};
use sea_orm::{DatabaseConnection, EntityTrait};

/// Rows of every table, as text. Sessions, rate limits and the audit entries of mere reading are left out: looking at a page writes them.
#[derive(Clone, PartialEq, Eq)]
pub struct Rows(BTreeMap<&'static str, BTreeSet<String>>);

/// Audit entries that reading, or trying, leaves.
const READING: [&str; 2] = ["disclosure.read", "person.sign_in"];

async fn table<E: EntityTrait>(db: &DatabaseConnection) -> BTreeSet<String>
where
    E::Model: Sync,
{
    E::find().all(db).await.unwrap().iter().map(|row| format!("{row:?}")).collect()
}

impl Rows {
    pub(crate) async fn of(market: &Market) -> Self {
        let db = market.database();
        let mut rows = BTreeMap::new();
        macro_rules! read {
            ($($name:ident),+) => { $(rows.insert(stringify!($name), table::<entity::$name::Entity>(db).await);)+ };
        }
        read!(
            person,
            ticket,
            organisation,
            membership,
            listing,
            attachment,
            matched,
            verdict,
            dismissed,
            weight_set,
            recommendation,
            interest,
            deal,
            deal_member,
            nda,
            nda_signature,
            document,
            document_version,
            term_sheet,
            trial,
            public_notice,
            objection,
            sale,
            bidder,
            bid,
            broker_profile,
            claim,
            broker_task,
            activity,
            commission,
            fee_payment,
            introduction,
            introduction_entry,
            question,
            rule,
            amendment,
            finding_answer,
            message,
            contract,
            contract_draft,
            contract_text,
            milestone,
            receipt,
            dispute,
            reward,
            reward_share,
            ledger_entry,
            ledger_snapshot,
            ledger_snapshot_line,
            report,
            target,
            move_log,
            audit,
            outbox,
            mail,
            notice,
            notice_setting,
            unsubscribe,
            counter,
            once,
            import_batch
        );
        if let Some(audit) = rows.get_mut("audit") {
            audit.retain(|row| !READING.iter().any(|action| row.contains(&format!("action: \"{action}"))));
        }
        Self(rows)
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> usize {
        self.0[table].len()
    }

    /// The tables that differ, each with the rows that came and went.
    pub fn difference(&self, after: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, before) in &self.0 {
            let after = &after.0[name];
            lines.extend(before.difference(after).map(|row| format!("- {name}: {row}")));
            lines.extend(after.difference(before).map(|row| format!("+ {name}: {row}")));
        }
        lines
    }

    /// Fails with what changed, when anything did.
    #[track_caller]
    pub fn assert_same(&self, after: &Self, what: &str) {
        let changed = self.difference(after);
        assert!(changed.is_empty(), "{what} changed the database:\n{}", changed.join("\n"));
    }

    /// Whether any row of any table holds a text.
    pub fn hold(&self, text: &str) -> Vec<&'static str> {
        self.0.iter().filter(|(_, rows)| rows.iter().any(|row| row.contains(text))).map(|(name, _)| *name).collect()
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, rows)| (name, rows.len()))).finish()
    }
}
