//! The register as a file: everything its form holds, as far as the reader may see it.

use std::collections::HashSet;

use keqiao_model::{ContractContent, ContractState};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{
    Filter, answers_for, content_of, has_part,
    views::{ContractParty, ContractSummary, EXPORT_MAX, filtered, organisations_by_id, party_of, summary_of},
};
use crate::{
    Actor, Market, Result,
    entity::{contract::Model, deal},
};

/// A line of the register in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterLine {
    /// What everyone may read.
    pub summary: ContractSummary,
    /// The rest, for parties, officers of the region, the broker of the deal and administrators.
    pub detail: Option<Box<RegisterDetail>>,
}

/// What only insiders read of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterDetail {
    /// Everything the contract says.
    pub content: ContractContent,
    /// Who sells.
    pub seller: ContractParty,
    /// Who buys.
    pub buyer: ContractParty,
    /// 知识产权类别, a code of `contract_ip` or nothing.
    pub ip: String,
    /// 计划来源, a code of `plan_source` or nothing.
    pub plan_source: String,
    /// 社会经济目标, a code of `objective` or nothing.
    pub objective: String,
    /// 国民经济行业, a division of GB/T 4754 or nothing.
    pub industry: String,
}

/// Contracts as a filter says, latest first, for a file: at most [`EXPORT_MAX`]. What the reader may not see is left out.
///
/// # Errors
/// As [`super::contracts`].
pub async fn export(market: &Market, actor: &Actor, filter: &Filter) -> Result<Vec<RegisterLine>> {
    let rows = filtered(market, actor, filter)?.limit(EXPORT_MAX).all(&market.db).await?;
    let names = organisations_by_id(&market.db, rows.iter().flat_map(|r| [r.seller_id, r.buyer_id]).collect()).await?;
    let brokered = brokered(market, actor).await?;
    let inside = |row: &Model| {
        let handed_in = row.state != ContractState::Draft.code();
        has_part(actor, row)
            || (handed_in && answers_for(market, actor, row))
            || actor.is_admin()
            || row.deal_id.is_some_and(|deal| brokered.contains(&deal))
    };
    rows.iter()
        .map(|row| {
            let content = content_of(row)?;
            let summary = summary_of(row, &content, &names)?;
            let detail = if inside(row) {
                let (seller, buyer) = (party_of(row, row.seller_id, &names)?, party_of(row, row.buyer_id, &names)?);
                let (ip, plan_source) = (row.ip.clone(), row.plan_source.clone());
                let (objective, industry) = (row.objective.clone(), row.industry.clone());
                Some(Box::new(RegisterDetail { content, seller, buyer, ip, plan_source, objective, industry }))
            } else {
                None
            };
            Ok(RegisterLine { summary, detail })
        })
        .collect()
}

/// The deals that the actor is the broker of.
async fn brokered(market: &Market, actor: &Actor) -> Result<HashSet<Uuid>> {
    let Some(person) = actor.id() else { return Ok(HashSet::new()) };
    let deals = deal::Entity::find().select_only().column(deal::Column::Id).filter(deal::Column::BrokerId.eq(person));
    Ok(deals.into_tuple().all(&market.db).await?.into_iter().collect())
}
