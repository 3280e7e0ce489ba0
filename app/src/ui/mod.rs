//! The parts that pages are made of. Each is a plain function of what it shows; most take the request first.
//!
//! Nothing here loads data or decides what somebody may see, and nothing writes `style` attributes or inline scripts: the content
//! security policy forbids both.

mod chart;
mod choices;
mod content;
mod csv;
mod fields;
mod format;
mod funnel_chart;
mod gallery;
mod grouped_chart;
mod html;
mod icons;
mod indicators;
mod line_chart;
mod lists;
mod nav;
mod search;
mod series_chart;
mod shell;
mod table;

pub(crate) use self::indicators::indicator_fits;
pub use self::{
    chart::{Bar, BarChart, bar_chart, bar_list},
    choices::{checkbox, checkboxes, radios, select, select_grouped},
    content::{
        Tone, badge, card, definition_list, details, empty, heading, lead, no_page, notice, page_title, paragraphs, progress, section,
        stat, state_badge, stats, steps, two_columns,
    },
    csv::{CSV, csv, sheet_csv},
    fields::{
        ButtonStyle, Input, button, button_link, buttons, conflict, date_input, error_summary, error_text, field_id, fieldset, file, form,
        hidden, money_input, post_button, text, textarea,
    },
    format::{count, date, date_text, date_time, date_time_text, day, day_text, excerpt, iso_time, money, money_compact, percent},
    funnel_chart::{FunnelChart, funnel_chart},
    gallery::gallery,
    grouped_chart::{GroupedChart, grouped_chart},
    icons::{icon, logo},
    indicators::{indicator_editor, indicator_table},
    line_chart::{LineChart, LinePoint, line_chart},
    lists::{Message, Task, TimelineItem, task_list, thread, timeline},
    nav::{back_link, breadcrumb, pager, steps_nav, tabs},
    search::{FacetOption, ResultItem, chips, facet, filter_panel, result_item, results, search_form, sort_links, suggesting_form},
    series_chart::{SeriesChart, SeriesRow, series_chart, series_list},
    shell::{Shell, shell},
    table::{Align, record_table, table},
};
