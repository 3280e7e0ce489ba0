//! The document around every page.

use keqiao_model::{Lang, ListingKind, OrganisationKind};
use leptos::prelude::*;

use super::{
    fields::hidden,
    html::{drawn, escape},
    icons::{icon, logo},
};
use crate::{Cx, Query, Route, t, words};

/// Parameters that make a page another page for search engines; the others only filter it.
const CANONICAL: [&str; 3] = ["page", "year", "region"];

/// A drawn page, to be put into its document.
#[derive(Debug, Clone, Default)]
pub struct Shell {
    /// Title without the name of the site.
    pub title: String,
    /// One sentence for search engines.
    pub description: Option<String>,
    /// Whether search engines may list it.
    pub public: bool,
    /// The drawn page.
    pub body_html: String,
    /// Whether it has islands.
    pub needs_islands: bool,
}

/// The whole document.
pub fn shell(cx: &Cx, page: Shell) -> String {
    let lang = cx.lang.tag();
    let head = head(cx, &page);
    let skip = t!(cx.lang, "ui.skip");
    let header = drawn(header(cx));
    let banner = cx.site.demo.then(|| {
        let text = escape(t!(cx.lang, "ui.demo"));
        format!(r#"<aside class="demo-banner" aria-label="{text}"><p class="inside">{text}</p></aside>"#)
    });
    let banner = banner.unwrap_or_default();
    let flash = cx.flash.as_deref().and_then(|key| words::find(cx.lang, key)).map(|text| drawn(flash(cx, text))).unwrap_or_default();
    let body = page.body_html;
    let footer = drawn(footer(cx));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"><head>{head}</head><body><a class=\"skip\" href=\"#main\">{skip}</a>{banner}{header}\
         <main id=\"main\" class=\"inside\" tabindex=\"-1\">{flash}{body}</main>{footer}</body></html>\n"
    )
}

fn head(cx: &Cx, page: &Shell) -> String {
    let brand = t!(cx.lang, "ui.brand");
    let title = match page.title.as_str() {
        "" => brand.to_owned(),
        title if title == brand => brand.to_owned(),
        title => format!("{title} · {brand}"),
    };
    let mut head = String::with_capacity(2_048);
    let mut add = |tag: String| head.push_str(&tag);
    add(r#"<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">"#.to_owned());
    add(r#"<meta name="color-scheme" content="light dark">"#.to_owned());
    add(format!("<title>{}</title>", escape(&title)));
    if let Some(description) = &page.description {
        add(format!(r#"<meta name="description" content="{}">"#, escape(description)));
    }
    if page.public {
        let pairs = cx.query.0.iter().filter(|(name, _)| CANONICAL.contains(&name.as_str())).cloned().collect();
        let search = Query(pairs).to_search();
        let address = |lang: Lang| escape(&format!("{}{}{search}", cx.site.base_url, cx.route.href(lang)));
        add(format!(r#"<link rel="canonical" href="{}">"#, address(cx.lang)));
        for (tag, lang) in [(Lang::Zh.tag(), Lang::Zh), (Lang::En.tag(), Lang::En), ("x-default", Lang::Zh)] {
            add(format!(r#"<link rel="alternate" hreflang="{tag}" href="{}">"#, address(lang)));
        }
    } else {
        add(r#"<meta name="robots" content="noindex">"#.to_owned());
    }
    let asset = |name: &str| escape(&cx.site.asset(name));
    add(format!(r#"<link rel="stylesheet" href="{}">"#, asset("main.css")));
    add(format!(r#"<link rel="icon" type="image/svg+xml" href="{}">"#, asset("favicon.svg")));
    if page.needs_islands {
        add(format!(
            r#"<script type="module" nonce="{}" src="{}" data-js="{}" data-wasm="{}"></script>"#,
            escape(&cx.nonce),
            asset("boot.js"),
            asset("keqiao.js"),
            asset("keqiao.wasm")
        ));
    }
    if page.body_html.contains("data-suggest=") {
        let nonce = escape(&cx.nonce);
        add(format!(r#"<script type="module" nonce="{nonce}" src="{}"></script>"#, asset("suggest.js")));
    }
    if page.body_html.contains("data-live=") {
        let nonce = escape(&cx.nonce);
        add(format!(r#"<script type="module" nonce="{nonce}" src="{}"></script>"#, asset("live.js")));
    }
    if page.body_html.contains("data-board=") {
        let nonce = escape(&cx.nonce);
        add(format!(r#"<script type="module" nonce="{nonce}" src="{}"></script>"#, asset("board.js")));
    }
    if page.body_html.contains("data-draft=") {
        let nonce = escape(&cx.nonce);
        add(format!(r#"<script type="module" nonce="{nonce}" src="{}"></script>"#, asset("draft.js")));
    }
    head
}

fn flash(cx: &Cx, text: &'static str) -> AnyView {
    view! { <div class="flash" role="status">{icon(cx, "check")}<p>{text}</p></div> }.into_any()
}

/// The page of the navigation that a page belongs to.
fn section(route: &Route) -> Option<Route> {
    Some(match route {
        Route::Listings(kind)
        | Route::ListingNew(kind)
        | Route::Listing(kind, _)
        | Route::ListingEdit(kind, _)
        | Route::Matches(kind, _)
        | Route::InterestNew(kind, _) => Route::Listings(*kind),
        Route::Organisations | Route::OrganisationNew | Route::Organisation(_) | Route::OrganisationEdit(_) => Route::Organisations,
        Route::Experts | Route::QuestionNew => Route::Experts,
        Route::Targets
        | Route::Target(_)
        | Route::Assessment
        | Route::Snapshots
        | Route::Snapshot(_)
        | Route::Indicators
        | Route::IndicatorNew
        | Route::Indicator(_) => Route::Targets,
        Route::Contracts
        | Route::ContractNew
        | Route::Contract(_)
        | Route::ContractEdit(_)
        | Route::ContractSection(..)
        | Route::ContractAmend(_)
        | Route::ContractPerformance(_)
        | Route::Certificate(_)
        | Route::Certificates
        | Route::CertificateCheck(_)
        | Route::Rules
        | Route::RuleNew
        | Route::Rule(_)
        | Route::Rewards
        | Route::RewardNew
        | Route::RewardReport
        | Route::Reward(_) => Route::Contracts,
        Route::Dashboard => Route::Dashboard,
        Route::ContractImport | Route::ContractImportBatch(_) => Route::Import,
        Route::Work => Route::Work,
        Route::Interests | Route::Interest(_) => Route::Interests,
        Route::Deals | Route::Deal(_) => Route::Deals,
        Route::Review | Route::ReviewPrecision | Route::ReviewWeights | Route::ReviewListing(..) | Route::ReviewContract(_) => {
            Route::Review
        }
        Route::Pairs => Route::Pairs,
        Route::Board | Route::Claim(_) | Route::Fees => Route::Board,
        Route::DealCommission(_) => Route::Deals,
        Route::Import | Route::ImportBatch(_) => Route::Import,
        Route::Admin | Route::AdminPeople | Route::AdminPerson(_) | Route::AdminTargets | Route::AdminMail | Route::AdminAudit => {
            Route::Admin
        }
        _ => return None,
    })
}

/// A page of the navigation and what it is called there.
type Destination = (Route, &'static str);

/// What everybody may go to.
fn destinations(cx: &Cx) -> Vec<Destination> {
    vec![
        (Route::Listings(ListingKind::Demand), t!(cx.lang, "ui.nav.demands")),
        (Route::Listings(ListingKind::Achievement), t!(cx.lang, "ui.nav.achievements")),
        (Route::Organisations, t!(cx.lang, "ui.nav.organisations")),
        (Route::Experts, t!(cx.lang, "ui.nav.experts")),
        (Route::Contracts, t!(cx.lang, "ui.nav.contracts")),
        (Route::Targets, t!(cx.lang, "ui.nav.targets")),
    ]
}

/// What the reader alone may go to.
fn own_destinations(cx: &Cx) -> Vec<Destination> {
    let mut own = Vec::new();
    if cx.actor.person().is_some() {
        own.push((Route::Work, t!(cx.lang, "ui.nav.work")));
        own.push((Route::Interests, t!(cx.lang, "ui.nav.interests")));
        own.push((Route::Deals, t!(cx.lang, "ui.nav.deals")));
    }
    if cx.actor.is_broker() {
        own.push((Route::Pairs, t!(cx.lang, "ui.nav.pairs")));
        own.push((Route::Board, t!(cx.lang, "ui.nav.board")));
    }
    if cx.actor.is_officer() {
        own.push((Route::Dashboard, t!(cx.lang, "ui.nav.dashboard")));
        own.push((Route::Review, t!(cx.lang, "ui.nav.review")));
        own.push((Route::Import, t!(cx.lang, "ui.nav.import")));
    }
    if cx.actor.is_admin() {
        own.push((Route::Admin, t!(cx.lang, "ui.nav.admin")));
    }
    own
}

fn links(cx: &Cx, pages: Vec<Destination>) -> Vec<AnyView> {
    let here = section(&cx.route);
    pages
        .into_iter()
        .map(|(route, label)| {
            let current = if cx.route == route { Some("page") } else { (here.as_ref() == Some(&route)).then_some("true") };
            view! { <li><a href=cx.href(&route) aria-current=current>{label}</a></li> }.into_any()
        })
        .collect()
}

fn header(cx: &Cx) -> AnyView {
    let own = links(cx, own_destinations(cx));
    let own = (!own.is_empty()).then(|| view! { <ul class="menu-own">{own}</ul> });
    let menu = t!(cx.lang, "ui.nav.menu");
    view! {
        <header class="site-header">
            <div class="inside site-bar">
                <a class="brand" href=cx.href(&Route::Home)>
                    {logo()}
                    <span class="brand-words">
                        <span class="brand-name">{t!(cx.lang, "ui.brand")}</span>
                        <span class="brand-city">{t!(cx.lang, "ui.tagline", city = cx.city())}</span>
                    </span>
                </a>
                {search_box(cx)}
                {language(cx)}
                {bell(cx)}
                {account(cx)}
                <details class="site-menu">
                    <summary>{icon(cx, "menu")}<span>{menu}</span></summary>
                    <nav aria-label=t!(cx.lang, "ui.nav.main")>
                        <ul>{links(cx, destinations(cx))}</ul>
                        {own}
                    </nav>
                </details>
            </div>
        </header>
    }
    .into_any()
}

/// The search of the side of the market that the reader looks at.
fn search_box(cx: &Cx) -> AnyView {
    let kind = match section(&cx.route) {
        Some(Route::Listings(kind)) => kind,
        _ => ListingKind::Demand,
    };
    let (label, other) = match kind {
        ListingKind::Demand => (t!(cx.lang, "ui.search.demands"), t!(cx.lang, "ui.search.in_achievements")),
        ListingKind::Achievement => (t!(cx.lang, "ui.search.achievements"), t!(cx.lang, "ui.search.in_demands")),
    };
    let elsewhere = cx.href(&Route::Listings(kind.opposite()));
    view! {
        <form class="site-search" role="search" method="get" action=cx.href(&Route::Listings(kind)) aria-label=t!(cx.lang, "ui.search.site")>
            <input type="search" name="q" aria-label=label placeholder=label />
            <button type="submit" aria-label=label>{icon(cx, "search")}</button>
            <button class="site-search-other" type="submit" formaction=elsewhere>{other}</button>
        </form>
    }
    .into_any()
}

/// The same page in the other language.
fn language(cx: &Cx) -> AnyView {
    let other = cx.lang.other();
    let href = format!("{}{}", cx.route.href(other), cx.query.to_search());
    view! { <a class="language" href=href hreflang=other.tag() lang=other.tag()>{t!(cx.lang, "ui.other_language")}</a> }.into_any()
}

/// What the reader was told, with how much of it is new.
fn bell(cx: &Cx) -> Option<AnyView> {
    cx.actor.person()?;
    let label = match cx.unread {
        0 => t!(cx.lang, "notices.title").to_owned(),
        n => t!(cx.lang, "notices.bell", n = n),
    };
    let number = (cx.unread > 0).then(|| {
        let number = if cx.unread > 99 { "99+".to_owned() } else { cx.unread.to_string() };
        view! { <span class="bell-count" aria-hidden="true">{number}</span> }
    });
    let current = (cx.route == Route::Notices).then_some("page");
    Some(
        view! { <a class="bell" href=cx.href(&Route::Notices) aria-label=label aria-current=current>{icon(cx, "bell")}{number}</a> }
            .into_any(),
    )
}

fn account(cx: &Cx) -> AnyView {
    let Some(person) = cx.actor.person() else {
        return view! {
            <ul class="entry">
                <li><a href=cx.href(&Route::SignIn)>{t!(cx.lang, "ui.account.sign_in")}</a></li>
                <li class="entry-register"><a class="button" href=cx.href(&Route::Register)>{t!(cx.lang, "ui.account.register")}</a></li>
            </ul>
        }
        .into_any();
    };
    let current = person.organisation.as_ref();
    let acting = current.map_or_else(|| t!(cx.lang, "ui.account.nobody").to_owned(), |organisation| organisation.name.clone());
    let others: Vec<AnyView> = person
        .organisations
        .iter()
        .filter(|organisation| current.is_none_or(|current| current.id != organisation.id))
        .map(|organisation| {
            let name = organisation.name.clone();
            view! { <li><button type="submit" name="organisation" value=organisation.id.to_string()>{name}</button></li> }.into_any()
        })
        .collect();
    let switch = (!others.is_empty()).then(|| {
        view! {
            <form method="post" action=cx.href(&Route::Account)>
                {hidden("action", "switch")}
                <p class="account-heading">{t!(cx.lang, "ui.account.switch")}</p>
                <ul>{others}</ul>
            </form>
        }
    });
    let own = current.map(|organisation| {
        view! { <li><a href=cx.href(&Route::Organisation(organisation.id))>{t!(cx.lang, "ui.account.organisation")}</a></li> }
    });
    let institute = current.is_some_and(|organisation| organisation.kind == OrganisationKind::Institute);
    let splits = (institute || person.officer.is_some())
        .then(|| view! { <li><a href=cx.href(&Route::Rewards)>{t!(cx.lang, "rewards.title")}</a></li> });
    view! {
        <details class="account">
            <summary>
                {icon(cx, "user")}
                <span class="account-words"><span class="account-name">{person.name.clone()}</span><span class="account-acting">{acting.clone()}</span></span>
                {icon(cx, "chevron-down")}
            </summary>
            <div class="account-menu">
                <p class="account-who"><strong>{person.name.clone()}</strong><span>{t!(cx.lang, "ui.account.acting", name = acting)}</span></p>
                {switch}
                <ul>
                    {own}
                    {splits}
                    <li><a href=cx.href(&Route::Questions)>{t!(cx.lang, "questions.title")}</a></li>
                    <li><a href=cx.href(&Route::NoticeSettings)>{t!(cx.lang, "notices.settings")}</a></li>
                    <li><a href=cx.href(&Route::Account)>{t!(cx.lang, "ui.account.settings")}</a></li>
                </ul>
                <form method="post" action=cx.href(&Route::SignOut)>
                    <button type="submit">{t!(cx.lang, "ui.account.sign_out")}</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

fn footer(cx: &Cx) -> AnyView {
    let about = cx.href(&Route::About);
    let links = [
        (cx.href(&Route::PublicNotices), t!(cx.lang, "public_notices.title")),
        (cx.href(&Route::Sales), t!(cx.lang, "sales.title")),
        (cx.href(&Route::Certificates), t!(cx.lang, "certificates.title")),
        (cx.href(&Route::Rules), t!(cx.lang, "rules.title")),
        (about.clone(), t!(cx.lang, "ui.footer.about")),
        (cx.href(&Route::Brokers), t!(cx.lang, "ui.footer.brokers")),
        (format!("{about}#counting"), t!(cx.lang, "ui.footer.counting")),
        (format!("{about}#accessibility"), t!(cx.lang, "ui.footer.accessibility")),
        (format!("{about}#privacy"), t!(cx.lang, "ui.footer.privacy")),
        (format!("{about}#contact"), t!(cx.lang, "ui.footer.contact")),
        ("/sitemap.xml".to_owned(), t!(cx.lang, "ui.footer.sitemap")),
    ];
    let links: Vec<AnyView> = links.into_iter().map(|(href, label)| view! { <li><a href=href>{label}</a></li> }.into_any()).collect();
    view! {
        <footer class="site-footer">
            <div class="inside">
                <div class="footer-brand">{logo()}<p><strong>{t!(cx.lang, "ui.brand")}</strong><span>{t!(cx.lang, "ui.slogan")}</span></p></div>
                <nav aria-label=t!(cx.lang, "ui.footer.label")><ul>{links}</ul></nav>
                <p class="footer-organiser">{t!(cx.lang, "ui.footer.organiser", city = cx.city())}</p>
            </div>
        </footer>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_belong_to_their_section() {
        let demand = Route::Matches(ListingKind::Demand, "XQ-2026-000001".to_owned());
        assert_eq!(section(&demand), Some(Route::Listings(ListingKind::Demand)));
        assert_eq!(section(&Route::Home), None);
    }
}
