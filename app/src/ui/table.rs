//! Tables of data.

use leptos::prelude::*;

/// Which edge the cells of a column stand at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Words.
    #[default]
    Start,
    /// Numbers.
    End,
}

impl Align {
    fn class(columns: &[Self], column: usize) -> Option<&'static str> {
        (columns.get(column) == Some(&Self::End)).then_some("number")
    }
}

fn drawn(class: &'static str, caption: &str, head: Vec<String>, rows: Vec<Vec<AnyView>>, align: &[Align]) -> AnyView {
    let titles: Vec<AnyView> = head
        .iter()
        .enumerate()
        .map(|(column, title)| view! { <th scope="col" class=Align::class(align, column)>{title.clone()}</th> }.into_any())
        .collect();
    let rows: Vec<AnyView> = rows
        .into_iter()
        .map(|cells| {
            let cells: Vec<AnyView> = cells
                .into_iter()
                .enumerate()
                .map(|(column, cell)| {
                    let class = Align::class(align, column);
                    let label = head.get(column).cloned();
                    if column == 0 {
                        view! { <th scope="row" class=class data-label=label>{cell}</th> }.into_any()
                    } else {
                        view! { <td class=class data-label=label>{cell}</td> }.into_any()
                    }
                })
                .collect();
            view! { <tr>{cells}</tr> }.into_any()
        })
        .collect();
    view! {
        <div class="table-frame" role="region" tabindex="0" aria-label=caption.to_owned()>
            <table class=class>
                <caption>{caption.to_owned()}</caption>
                <thead><tr>{titles}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Rows of numbers to compare: scrolls sideways where it does not fit. The first cell of a row names it.
pub fn table(caption: &str, head: Vec<String>, rows: Vec<Vec<AnyView>>, align: &[Align]) -> AnyView {
    drawn("table", caption, head, rows, align)
}

/// Rows that are things, each read by itself: on a phone each becomes a card.
pub fn record_table(caption: &str, head: Vec<String>, rows: Vec<Vec<AnyView>>, align: &[Align]) -> AnyView {
    // Whatever a cell is made of stands beside its label as one.
    let whole = |cell: AnyView| view! { <div>{cell}</div> }.into_any();
    let rows = rows.into_iter().map(|cells| cells.into_iter().map(whole).collect()).collect();
    drawn("table records", caption, head, rows, align)
}
