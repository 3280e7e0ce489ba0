//! Organisations as the program itself needs them: for the command line and the demo.

use keqiao_model::{CreditCode, LegalKind, OrganisationContent, OrganisationKind};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use uuid::Uuid;

use super::find_or_create;
use crate::{
    Actor, Error, Market, Result,
    entity::{organisation, person},
};

/// Whether nobody and no organisation is there yet.
///
/// # Errors
/// [`Error::Internal`].
pub async fn is_empty(market: &Market) -> Result<bool> {
    Ok(organisation::Entity::find().count(&market.db).await? == 0 && person::Entity::find().count(&market.db).await? == 0)
}

/// How many organisations the market knows.
///
/// # Errors
/// [`Error::Internal`].
pub async fn count(market: &Market) -> Result<u64> {
    Ok(organisation::Entity::find().count(&market.db).await?)
}

/// The organisation of a credit code.
///
/// # Errors
/// [`Error::Invalid`] for a wrong code, [`Error::NotFound`] when no organisation has it.
pub async fn by_credit_code(market: &Market, code: &str) -> Result<Uuid> {
    let code = CreditCode::parse(code).map_err(|e| Error::Invalid(vec![e.at("credit_code")]))?;
    let found = organisation::Entity::find().filter(organisation::Column::CreditCode.eq(code.as_str())).one(&market.db).await?;
    Ok(found.ok_or(Error::NotFound)?.id)
}

/// The organisation in whose name the bureau brings in what it collected from many (需求征集), when a file names no owner: one for the city,
/// under a code of the city's own region that no real organisation has.
///
/// # Errors
/// [`Error::Internal`].
pub async fn collecting(market: &Market) -> Result<Uuid> {
    let city = market.region(&market.config.city).ok_or_else(|| Error::internal("no region is the city"))?;
    let code = CreditCode::complete(&format!("11{}", city.code), "00000000").map_err(|e| Error::internal(format!("{e:?}")))?;
    let content = OrganisationContent {
        credit_code: code,
        name: format!("{}科技局（征集）", city.zh),
        name_en: format!("{} S&T Bureau (collected)", city.en),
        kind: OrganisationKind::Institute,
        legal_kind: LegalKind::Government,
        region: city.code.clone(),
        industry: String::new(),
        summary: String::new(),
        website: String::new(),
    };
    let tx = market.write(&Actor::System).await?;
    let (found, _) = find_or_create(&tx, &content).await?;
    tx.commit().await?;
    Ok(found.id)
}
