//! What things are in the market: identifiers, money, states and their moves, validation, and the shapes that pages and API
//! exchange. Pure: no I/O; compiles to wasm, so that a form checks in the browser by the very rules of the server.

mod account;
mod contract;
mod contract_clauses;
mod credit_code;
mod field_error;
mod fields;
mod indicator;
mod indicator_answer;
mod indicator_fit;
mod indicator_name;
mod indicator_text;
mod lang;
mod listing;
mod listing_kind;
mod money;
mod notice_kind;
mod organisation;
pub mod pace;
mod patent_number;
mod quantity;
mod register;
mod registration_data;
mod reward;
mod states;
mod taxonomy;
mod terms;
mod typed;
mod units;
mod working_days;

pub use account::{PASSWORD_MAX, PASSWORD_MIN, check_password, read_email};
pub use contract::ContractContent;
pub use contract_clauses::{ClauseAnswer, Clauses, MonopolyAnswer, suggest_places};
pub use credit_code::{CreditCode, CreditCodeError};
pub use field_error::{Check, FieldError};
pub use fields::Fields;
pub use indicator::{Indicator, Operator, parse_number};
pub use indicator_answer::{IndicatorAnswer, StatedIndicator};
pub use indicator_fit::{Fit, IndicatorFit, compare};
pub use indicator_text::read_indicators;
pub use lang::Lang;
pub use listing::{
    AchievementBody, DemandBody, Inventor, IpRight, KEYWORDS_MAX, ListingBody, ListingContent, ROWS_MAX, SUMMARY_MAX, Strictness, TEXT_MAX,
    TITLE_MAX, format_date, parse_date,
};
pub use listing_kind::ListingKind;
pub use money::{Fen, MoneyError};
pub use notice_kind::NoticeKind;
pub use organisation::{OUTSIDE, OrganisationContent};
pub use pace::{Light, Period};
pub use patent_number::{PatentNumber, PatentNumberError};
pub use quantity::Unit;
pub use register::{
    Clause, ContractIp, DeductionKind, Licence, MonopolyClause, Objective, PlanSource, RULE_SEEDS, ReportedIndicator, RuleKind, RuleSeed,
    RuleUnit, TextProblem, TextState,
};
pub use registration_data::{ContractSection, Deduction, Instalment, LINES_MAX, RegistrationData, without_empty_lines};
pub use reward::{
    ConversionWay, REWARD_NOTE_MAX, REWARD_PEOPLE_MAX, RewardContent, RewardPerson, RewardRole, TaxRelief, WHOLE_SHARE, reward_floor,
    split_pool, tax_relief,
};
pub use states::*;
pub use taxonomy::{
    Coded, ContractKind, ContractSubkind, Cooperation, DeclineCode, FeedbackCode, Field, Figure, INDUSTRIES, INDUSTRY_GROUP, IpKind,
    IpStatus, Judgement, LegalKind, ListingHint, OrganisationKind, Ownership, PaymentWay, PriceKind, RefusalCode, is_industry,
};
pub use terms::{IpShare, MILESTONES_MAX, Milestone, RoyaltyBase, TermChange, Terms, format_percent, parse_percent};
pub use typed::{half_width, parse_whole};
pub use working_days::{Calendar, CalendarYear};
