//! Choosing a file, the columns it may have, and the batches that wait.

use std::sync::{Arc, LazyLock};

use keqiao_market::{
    Error, Person,
    imports::{self, BatchSummary, mapping},
    organisations,
};
use keqiao_model::{Fields, ListingKind, OrganisationKind};
use leptos::prelude::*;
use uuid::Uuid;

use super::{column_label, side, state_badge};
use crate::{
    Cx, Form, Outcome, Page, PageError, Route, Site, Submission, kind_path, t,
    ui::{self, Align, ButtonStyle, Input, Tone},
    words::find,
};

/// Kinds of files, as an `accept` attribute says them; what they hold decides.
static ACCEPT: LazyLock<String> = LazyLock::new(|| format!(".{}", imports::accepted_types().join(",.")));
/// Both sides, as the form offers them.
const SIDES: [ListingKind; 2] = [ListingKind::Demand, ListingKind::Achievement];

/// The organisations a person may bring in listings for as a member.
fn own(person: &Person) -> Vec<(String, String)> {
    let listing = person.organisations.iter().filter(|o| o.kind != OrganisationKind::Agency);
    listing.map(|o| (o.id.to_string(), o.name.clone())).collect()
}

/// The form of a new batch.
pub(super) async fn page(cx: &Cx, form: Option<Form>) -> Result<Page, PageError> {
    let person = cx.actor.signed_in()?.clone();
    let title = t!(cx.lang, "imports.title");
    if person.officer.is_none() && own(&person).is_empty() {
        let cx = cx.clone();
        return Ok(Page::new(title, move || {
            let action = (t!(cx.lang, "listings.to_organisation"), cx.href(&Route::OrganisationNew));
            let empty = ui::empty(&cx, t!(cx.lang, "listings.need_organisation"), t!(cx.lang, "imports.need_organisation"), Some(action));
            view! { {ui::page_title(title, None, None)}{empty} }.into_any()
        }));
    }
    let batches = imports::batches(&cx.market, &cx.actor).await?;
    let form = form.unwrap_or_else(|| {
        let mut fields: Fields = [("kind", kind_path(ListingKind::Demand))].into_iter().collect();
        let acting = person.organisation.as_ref().map(|o| o.id.to_string()).unwrap_or_default();
        fields.push("organisation", acting);
        Form::filled(fields)
    });
    let cx = cx.clone();
    Ok(Page::new(title, move || view(&cx, &person, &batches, &form)))
}

fn view(cx: &Cx, person: &Person, batches: &[BatchSummary], form: &Form) -> AnyView {
    let labels = [
        ("kind", t!(cx.lang, "imports.kind")),
        ("file", t!(cx.lang, "imports.file")),
        ("owner", t!(cx.lang, "imports.owner")),
        ("organisation", t!(cx.lang, "imports.organisation")),
    ];
    let limits = &cx.market.config().limits;
    // A file to be brought in may be larger than an attachment.
    let import = Cx { site: Arc::new(Site { upload_limit: limits.import_bytes, ..(*cx.site).clone() }), ..cx.clone() };
    let hint = t!(cx.lang, "imports.file_hint", rows = ui::count(limits.import_rows as u64));
    let organisations = own(person);
    let owner = if person.officer.is_some() {
        let input = Input::new("owner", t!(cx.lang, "imports.owner")).hint(t!(cx.lang, "imports.owner_hint"));
        ui::text(cx, form, input)
    } else if organisations.len() > 1 {
        ui::select(cx, form, Input::new("organisation", t!(cx.lang, "imports.organisation")).without_blank(), organisations)
    } else {
        let name = organisations.first().map(|(_, name)| name.clone()).unwrap_or_default();
        view! { <p class="hint">{t!(cx.lang, "imports.own_rows", name = name)}</p> }.into_any()
    };
    let sides = SIDES.iter().map(|kind| (kind_path(*kind).to_owned(), side(cx, *kind).to_owned())).collect();
    let body = view! {
        {ui::radios(cx, form, Input::new("kind", t!(cx.lang, "imports.kind")).required(), sides)}
        {ui::file(&import, form, Input::new("file", t!(cx.lang, "imports.file")).required().accept(&ACCEPT).hint(hint))}
        {owner}
        {ui::buttons(vec![ui::button(t!(cx.lang, "imports.read"), "read", ButtonStyle::Primary)])}
    }
    .into_any();
    let unverified = (!person.verified).then(|| {
        let to = cx.href(&Route::Account);
        let words = view! { <p>{t!(cx.lang, "imports.verify")}" "<a href=to>{t!(cx.lang, "work.to_account")}</a></p> };
        ui::notice(cx, Tone::Warn, words.into_any())
    });
    let columns: Vec<AnyView> = SIDES.iter().map(|kind| columns(cx, *kind)).collect();
    let waiting = (!batches.is_empty()).then(|| ui::section("batches", t!(cx.lang, "imports.batches"), batch_table(cx, batches)));
    view! {
        {ui::error_summary(cx, form, &labels)}
        {ui::page_title(t!(cx.lang, "imports.title"), None, None)}
        {ui::lead(t!(cx.lang, "imports.lead"))}
        {unverified}
        <div class="narrow">{ui::form(cx, &cx.href(&cx.route), true, body)}</div>
        {waiting}
        {ui::section("columns", t!(cx.lang, "imports.columns"), view! { <p>{t!(cx.lang, "imports.columns_text")}</p>{columns} }.into_any())}
    }
    .into_any()
}

/// Which headers mean which field, and how what stands below them is read.
fn columns(cx: &Cx, kind: ListingKind) -> AnyView {
    let head = vec![
        t!(cx.lang, "imports.column_field").to_owned(),
        t!(cx.lang, "imports.column_headers").to_owned(),
        t!(cx.lang, "imports.column_note").to_owned(),
    ];
    let rows = mapping(kind)
        .into_iter()
        .map(|row| {
            let note = find(cx.lang, &format!("imports.note.{}", row.field)).unwrap_or_default();
            let headers = row.headers.join(t!(cx.lang, "listings.separator"));
            vec![column_label(cx.lang, row.field).into_any(), headers.into_any(), note.into_any()]
        })
        .collect();
    let title = t!(cx.lang, "imports.columns_of", side = side(cx, kind));
    ui::details(&title, false, ui::record_table(t!(cx.lang, "imports.columns_caption"), head, rows, &[]))
}

fn batch_table(cx: &Cx, batches: &[BatchSummary]) -> AnyView {
    let head = vec![
        t!(cx.lang, "imports.file").to_owned(),
        t!(cx.lang, "imports.kind").to_owned(),
        t!(cx.lang, "imports.state").to_owned(),
        t!(cx.lang, "imports.good").to_owned(),
        t!(cx.lang, "imports.refused").to_owned(),
        t!(cx.lang, "imports.read_at").to_owned(),
        t!(cx.lang, "imports.kept_until").to_owned(),
    ];
    let rows = batches
        .iter()
        .map(|b| {
            let (to, name) = (cx.href(&Route::ImportBatch(b.id)), b.file_name.clone());
            vec![
                view! { <a href=to>{name}</a> }.into_any(),
                side(cx, b.kind).into_any(),
                state_badge(cx, b.state),
                ui::count(b.good).into_any(),
                ui::count(b.bad).into_any(),
                ui::date_time(cx, b.created_at),
                ui::date_time(cx, b.expires_at),
            ]
        })
        .collect();
    let align = [Align::Start, Align::Start, Align::Start, Align::End, Align::End];
    ui::record_table(t!(cx.lang, "imports.batches_caption"), head, rows, &align)
}

/// Reads the file and goes to its preview.
pub(super) async fn submit(cx: &Cx, submission: &Submission) -> Result<Outcome, PageError> {
    match preview(cx, submission).await {
        Ok(id) => Ok(Outcome::Go(Route::ImportBatch(id), None)),
        Err(error) => Outcome::refused(submission, error),
    }
}

async fn preview(cx: &Cx, submission: &Submission) -> keqiao_market::Result<Uuid> {
    let Some(kind) = SIDES.into_iter().find(|kind| kind_path(*kind) == submission.value("kind")) else {
        return Err(Error::field("kind", "choice"));
    };
    let Some(file) = submission.files.iter().find(|f| f.field == "file") else { return Err(Error::field("file", "file_required")) };
    let (owner, organisation) = (submission.value("owner").trim(), submission.value("organisation"));
    let named = if owner.is_empty() { organisation.parse().ok() } else { Some(organisation_of(cx, owner).await?) };
    match imports::preview(&cx.market, &cx.actor, kind, &file.name, file.bytes.clone(), named).await {
        // The person may bring in files: the page was shown. What is not allowed is the organisation that was named.
        Err(Error::Forbidden) if !owner.is_empty() => Err(Error::field("owner", "import_not_your_organisation")),
        done => done,
    }
}

/// The organisation of a credit code or a full name.
async fn organisation_of(cx: &Cx, owner: &str) -> keqiao_market::Result<Uuid> {
    let found = organisations::organisations(&cx.market, owner, None, None, 1).await?.items;
    let by_code = found.iter().find(|o| o.credit_code.eq_ignore_ascii_case(owner));
    let mut by_name = found.iter().filter(|o| o.name == owner);
    match (by_code, by_name.next(), by_name.next()) {
        (Some(o), ..) | (None, Some(o), None) => Ok(o.id),
        _ => Err(Error::field("owner", "import_owner_unknown")),
    }
}
