//! What the files of a contract say. A file that is attached waits for its text in the same transaction; a worker reads one after the other,
//! outside any transaction, so that a crash leaves it waiting. How a file is read is the caller's business: the market knows no processes.

use std::{future::Future, path::PathBuf};

use keqiao_model::{TextProblem, TextState};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

use super::{find, is_insider};
use crate::{
    Actor, Error, Market, Result, attachments,
    db::Tx,
    entity::{
        attachment,
        contract_text::{ActiveModel, Column, Entity, Model},
    },
};

/// Most characters of a text that are kept.
const TEXT_MAX: usize = 500_000;

/// A file whose text is to be read.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Where its bytes lie.
    pub path: PathBuf,
    /// What it is by its content.
    pub media_type: String,
}

/// What came of reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextRead {
    /// Its text, which may be empty.
    Text(String),
    /// Why there is none.
    Problem(TextProblem),
}

/// The text of a file as its readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractText {
    /// The file.
    pub attachment: Uuid,
    /// Its name.
    pub name: String,
    /// Whether it was read.
    pub state: TextState,
    /// What was read.
    pub text: String,
    /// Why nothing was.
    pub problem: Option<TextProblem>,
}

fn state_of(row: &Model) -> Result<TextState> {
    TextState::from_code(&row.state).ok_or_else(|| Error::internal(format!("text in state {}", row.state)))
}

/// A file of a contract waits for its text.
pub(crate) async fn expect_text(tx: &Tx, contract: Uuid, attachment: Uuid) -> Result<()> {
    let row = ActiveModel {
        contract_id: Set(contract),
        attachment_id: Set(attachment),
        state: Set(TextState::Waiting.code().to_owned()),
        text: Set(String::new()),
        problem: Set(String::new()),
        at: Set(tx.now),
    };
    row.insert(&**tx).await?;
    Ok(())
}

/// A file of a contract goes, and its text with it.
pub(crate) async fn forget_text(tx: &Tx, contract: Uuid, attachment: Uuid) -> Result<()> {
    Entity::delete_by_id((contract, attachment)).exec(&**tx).await?;
    Ok(())
}

/// Reads the text of the file that has waited longest; answers how many were read. An error of `read` is one of the machine, not of the file: the
/// file goes on waiting.
///
/// # Errors
/// What `read` answers, and [`Error::Internal`].
pub async fn text_step<F, R>(market: &Market, read: F) -> Result<usize>
where
    F: Fn(TextFile) -> R,
    R: Future<Output = Result<TextRead>>,
{
    let waiting = Entity::find()
        .filter(Column::State.eq(TextState::Waiting.code()))
        .order_by_asc(Column::At)
        .order_by_asc(Column::AttachmentId)
        .one(&market.db)
        .await?;
    let Some(row) = waiting else { return Ok(0) };
    let file = attachment::Entity::find_by_id(row.attachment_id).one(&market.db).await?;
    let read = match file {
        Some(file) => {
            let path = attachments::place(&market.config.files, &file.sha256);
            read(TextFile { path, media_type: file.media_type }).await?
        }
        None => TextRead::Problem(TextProblem::Broken),
    };
    let (state, text, problem) = match read {
        // PostgreSQL keeps no null characters.
        TextRead::Text(text) => {
            let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).take(TEXT_MAX).collect();
            let state = if text.trim().is_empty() { TextState::Empty } else { TextState::Extracted };
            (state, text, "")
        }
        TextRead::Problem(problem) => (TextState::Failed, String::new(), problem.code()),
    };
    let tx = market.write(&Actor::System).await?;
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state.code()))
        .col_expr(Column::Text, Expr::value(text))
        .col_expr(Column::Problem, Expr::value(problem))
        .col_expr(Column::At, Expr::value(tx.now))
        .filter(Column::ContractId.eq(row.contract_id))
        .filter(Column::AttachmentId.eq(row.attachment_id))
        .filter(Column::State.eq(TextState::Waiting.code()))
        .exec(&*tx)
        .await?;
    tx.commit().await?;
    Ok(1)
}

/// The texts of a contract's files, in the order in which they were attached; for whoever may read the files.
///
/// # Errors
/// [`Error::NotFound`] for everyone else.
pub async fn texts(market: &Market, actor: &Actor, number: &str) -> Result<Vec<ContractText>> {
    let row = find(&market.db, number).await?;
    if !is_insider(&market.db, market, actor, &row).await? {
        return Err(Error::NotFound);
    }
    let read = Entity::find().filter(Column::ContractId.eq(row.id)).all(&market.db).await?;
    let files = attachments::attachments(market, actor, crate::Subject::Contract, row.id).await?;
    let mut texts = Vec::new();
    for file in files {
        let Some(found) = read.iter().find(|r| r.attachment_id == file.id) else { continue };
        texts.push(ContractText {
            attachment: file.id,
            name: file.name,
            state: state_of(found)?,
            text: found.text.clone(),
            problem: TextProblem::from_code(&found.problem),
        });
    }
    Ok(texts)
}
