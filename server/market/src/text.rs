//! Looking for a typed word in a column.

use sea_orm::{
    ExprTrait, IntoSimpleExpr,
    sea_query::{Expr, Func, LikeExpr},
};

/// Whether a column contains a text as typed, in any case; `%` and `_` mean themselves.
pub(crate) fn contains(column: impl IntoSimpleExpr, text: &str) -> Expr {
    let mut pattern = String::from("%");
    for c in text.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Expr::expr(Func::lower(column.into_simple_expr())).like(LikeExpr::new(pattern).escape('!'))
}
