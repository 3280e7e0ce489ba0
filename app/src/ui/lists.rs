//! What happened, what was said, what is to be done.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{
    content::{Tone, badge, paragraphs},
    format::date_time,
};
use crate::{Cx, t};

/// Something that happened.
pub struct TimelineItem {
    /// What.
    pub title: String,
    /// Who and when.
    pub meta: AnyView,
    /// What else there is to say.
    pub body: Option<AnyView>,
    /// How it is marked.
    pub tone: Tone,
}

/// What happened, in the order given.
pub fn timeline(items: Vec<TimelineItem>) -> AnyView {
    let items: Vec<AnyView> = items
        .into_iter()
        .map(|item| {
            let body = item.body.map(|body| view! { <div class="timeline-body">{body}</div> });
            view! {
                <li class=format!("timeline-item {}", item.tone.class())>
                    <p class="timeline-title">{item.title}</p>
                    <p class="timeline-meta">{item.meta}</p>
                    {body}
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ol class="timeline">{items}</ol> }.into_any()
}

/// One message.
pub struct Message {
    /// Who wrote it.
    pub author: String,
    /// For whom, empty when for nobody.
    pub organisation: String,
    /// When.
    pub at: OffsetDateTime,
    /// Whether the reader's own side wrote it.
    pub own: bool,
    /// Plain text.
    pub text: String,
    /// Files and the like.
    pub below: Option<AnyView>,
}

/// Messages, the oldest first.
pub fn thread(cx: &Cx, messages: Vec<Message>) -> AnyView {
    let items: Vec<AnyView> = messages
        .into_iter()
        .map(|message| {
            let class = if message.own { "message own" } else { "message" };
            let organisation = (!message.organisation.is_empty()).then(|| view! { <span>{message.organisation}</span> });
            let own = message.own.then(|| badge(t!(cx.lang, "ui.thread.own"), Tone::Neutral));
            view! {
                <li class=class>
                    <p class="message-head"><strong>{message.author}</strong>{organisation}{own}{date_time(cx, message.at)}</p>
                    {paragraphs(&message.text)}
                    {message.below}
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ol class="thread" aria-label=t!(cx.lang, "ui.thread.label")>{items}</ol> }.into_any()
}

/// Something to be done.
#[derive(Debug, Clone, Default)]
pub struct Task {
    /// What.
    pub title: String,
    /// Where; none when it cannot be started yet.
    pub href: Option<String>,
    /// A line below, may be empty.
    pub hint: String,
    /// Words of its state.
    pub status: String,
    /// Colour of its state.
    pub tone: Tone,
}

/// What is to be done, each with its state.
pub fn task_list(tasks: Vec<Task>) -> AnyView {
    let items: Vec<AnyView> = tasks
        .into_iter()
        .map(|task| {
            let title = match task.href {
                Some(href) => view! { <a class="task-title" href=href>{task.title}</a> }.into_any(),
                None => view! { <span class="task-title">{task.title}</span> }.into_any(),
            };
            let hint = (!task.hint.is_empty()).then(|| view! { <p class="task-hint">{task.hint}</p> });
            let status = (!task.status.is_empty()).then(|| badge(&task.status, task.tone));
            view! { <li class="task"><div>{title}{hint}</div>{status}</li> }.into_any()
        })
        .collect();
    view! { <ul class="tasks">{items}</ul> }.into_any()
}
