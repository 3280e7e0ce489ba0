//! What pages say: headings, cards, badges, notices, figures.

use leptos::prelude::*;

use super::icons::icon;
use crate::{Cx, t, words};

/// What a colour means. The words always say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Neutral,
    /// Under way, or good to know.
    Info,
    /// Done, or in force.
    Good,
    /// Waits for somebody, or needs care.
    Warn,
    /// Refused, failed, over.
    Bad,
    /// Stands out.
    Accent,
}

impl Tone {
    /// Class in the style sheets.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "tone-neutral",
            Self::Info => "tone-info",
            Self::Good => "tone-good",
            Self::Warn => "tone-warn",
            Self::Bad => "tone-bad",
            Self::Accent => "tone-accent",
        }
    }

    /// Tone of a state by its code, whichever thing it is a state of.
    pub fn of_state(code: &str) -> Self {
        match code {
            "draft" | "closed" | "withdrawn" | "archived" | "taken_back" | "paused" => Self::Neutral,
            "published" | "registered" | "accepted" | "matched" | "active" | "verified" | "approved" | "done" | "admitted" => Self::Good,
            "submitted" | "returned" | "pending" | "expired" | "sent" | "suspended" | "notice" => Self::Warn,
            "refused" | "declined" | "cancelled" | "lost" | "rejected" | "failed" | "excluded" => Self::Bad,
            _ => Self::Info,
        }
    }
}

/// The heading of a page (one a page), with an optional line above it and what stands at its end (badges, buttons).
pub fn page_title(title: &str, above: Option<&str>, beside: Option<AnyView>) -> AnyView {
    let above = above.map(|text| view! { <p class="page-above">{text.to_owned()}</p> });
    let beside = beside.map(|view| view! { <div class="page-beside">{view}</div> });
    view! { <div class="page-title"><div>{above}<h1>{title.to_owned()}</h1></div>{beside}</div> }.into_any()
}

/// A heading of level 1 to 4; anything else is 4.
pub fn heading(level: u8, text: &str) -> AnyView {
    let text = text.to_owned();
    match level {
        1 => view! { <h1>{text}</h1> }.into_any(),
        2 => view! { <h2>{text}</h2> }.into_any(),
        3 => view! { <h3>{text}</h3> }.into_any(),
        _ => view! { <h4>{text}</h4> }.into_any(),
    }
}

/// The sentence below a page's heading.
pub fn lead(text: &str) -> AnyView {
    view! { <p class="lead">{text.to_owned()}</p> }.into_any()
}

/// A part of a page with its heading of level 2; `id` is what links point to.
pub fn section(id: &str, title: &str, body: AnyView) -> AnyView {
    let label = format!("{id}-title");
    let labelled_by = label.clone();
    view! {
        <section class="section" id=id.to_owned() aria-labelledby=labelled_by>
            <h2 id=label>{title.to_owned()}</h2>
            {body}
        </section>
    }
    .into_any()
}

/// Main column and a narrow one beside it that stays in sight; below each other on a phone.
pub fn two_columns(main: AnyView, aside: AnyView) -> AnyView {
    view! { <div class="columns"><div class="column-main">{main}</div><aside class="column-aside">{aside}</aside></div> }.into_any()
}

/// A box with a heading of level 2.
pub fn card(title: &str, body: AnyView) -> AnyView {
    view! { <section class="card"><h2 class="card-title">{title.to_owned()}</h2>{body}</section> }.into_any()
}

/// A short word in a tone.
pub fn badge(text: &str, tone: Tone) -> AnyView {
    view! { <span class=format!("badge {}", tone.class())>{text.to_owned()}</span> }.into_any()
}

/// A state (`listing_state`, `published`) in its words and tone.
pub fn state_badge(cx: &Cx, group: &str, code: &str) -> AnyView {
    badge(&words::code_label(cx.lang, group, code), Tone::of_state(code))
}

/// A sentence set off from the text.
pub fn notice(cx: &Cx, tone: Tone, body: AnyView) -> AnyView {
    let name = match tone {
        Tone::Good => "check",
        Tone::Warn | Tone::Bad => "alert",
        Tone::Neutral | Tone::Info | Tone::Accent => "info",
    };
    view! { <div class=format!("notice {}", tone.class())>{icon(cx, name)}<div class="notice-body">{body}</div></div> }.into_any()
}

/// Nothing to show: why, and what to do about it.
pub fn empty(cx: &Cx, title: &str, text: &str, action: Option<(&str, String)>) -> AnyView {
    let action = action.map(|(label, href)| view! { <p><a class="button secondary" href=href>{label.to_owned()}</a></p> });
    view! {
        <div class="empty">
            {icon(cx, "empty")}
            <p class="empty-title">{title.to_owned()}</p>
            <p>{text.to_owned()}</p>
            {action}
        </div>
    }
    .into_any()
}

/// A page in place of one that is not shown: why, and ways out (buttons).
pub fn no_page(cx: &Cx, title: &str, text: &str, ways: Vec<AnyView>) -> AnyView {
    view! {
        <div class="no-page">
            {icon(cx, "empty")}
            <h1>{title.to_owned()}</h1>
            <p>{text.to_owned()}</p>
            <div class="buttons">{ways}</div>
        </div>
    }
    .into_any()
}

/// Labels and what stands for each.
pub fn definition_list(pairs: Vec<(String, AnyView)>) -> AnyView {
    let pairs: Vec<_> = pairs.into_iter().map(|(label, value)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.into_any()).collect();
    view! { <dl class="definitions">{pairs}</dl> }.into_any()
}

/// Something that opens on demand.
pub fn details(summary: &str, open: bool, body: AnyView) -> AnyView {
    view! { <details class="details" open=open><summary>{summary.to_owned()}</summary><div class="details-body">{body}</div></details> }
        .into_any()
}

/// Plain text that somebody typed: an empty line parts paragraphs, other line ends stay.
pub fn paragraphs(text: &str) -> AnyView {
    let mut blocks: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim_end) {
        match blocks.last_mut().filter(|_| open && !line.is_empty()) {
            Some(block) => {
                block.push('\n');
                block.push_str(line);
            }
            None if !line.is_empty() => blocks.push(line.to_owned()),
            None => {}
        }
        open = !line.is_empty();
    }
    let blocks: Vec<_> = blocks.into_iter().map(|block| view! { <p>{block}</p> }.into_any()).collect();
    view! { <div class="typed">{blocks}</div> }.into_any()
}

/// A big figure with its name, optionally a line below it and where it leads.
pub fn stat(label: &str, value: &str, hint: &str, href: Option<String>) -> AnyView {
    let hint = (!hint.is_empty()).then(|| view! { <p class="stat-hint">{hint.to_owned()}</p> });
    let label = match href {
        Some(href) => view! { <a class="stat-link" href=href>{label.to_owned()}</a> }.into_any(),
        None => label.to_owned().into_any(),
    };
    view! { <div class="stat"><p class="stat-label">{label}</p><p class="stat-value">{value.to_owned()}</p>{hint}</div> }.into_any()
}

/// Figures in a row.
pub fn stats(items: Vec<AnyView>) -> AnyView {
    view! { <div class="stats">{items}</div> }.into_any()
}

/// How far something has come; `text` says it in words.
pub fn progress(label: &str, value: i64, max: i64, text: &str) -> AnyView {
    let max = max.max(1);
    view! {
        <div class="progress">
            <p class="progress-words"><span class="progress-label">{label.to_owned()}</span><span class="progress-text">{text.to_owned()}</span></p>
            <progress max=max.to_string() value=value.clamp(0, max).to_string() aria-label=label.to_owned() aria-valuetext=text.to_owned()></progress>
        </div>
    }
    .into_any()
}

/// A way with its stations in order: those passed, the one reached (its index), and those to come.
pub fn steps(cx: &Cx, label: &str, names: Vec<String>, reached: usize) -> AnyView {
    let items: Vec<_> = names
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let (class, words) = match index.cmp(&reached) {
                std::cmp::Ordering::Less => ("step done", t!(cx.lang, "ui.step.done")),
                std::cmp::Ordering::Equal => ("step current", t!(cx.lang, "ui.step.current")),
                std::cmp::Ordering::Greater => ("step", t!(cx.lang, "ui.step.next")),
            };
            let current = (index == reached).then_some("step");
            view! { <li class=class aria-current=current><span class="step-name">{name}</span><span class="hidden-text">{words}</span></li> }
                .into_any()
        })
        .collect();
    view! { <ol class="steps" aria-label=label.to_owned()>{items}</ol> }.into_any()
}
