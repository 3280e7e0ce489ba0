//! Every address of the market, as a type: parses an address and builds one.

use keqiao_model::{Lang, ListingKind};
use uuid::Uuid;

/// A page of the market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/`
    Home,
    /// `/about`: how the market works, how figures are counted, privacy, accessibility.
    About,
    /// `/demands` or `/achievements`: search.
    Listings(ListingKind),
    /// `/demands/new`
    ListingNew(ListingKind),
    /// `/demands/XQ-2026-000123`
    Listing(ListingKind, String),
    /// `/demands/XQ-2026-000123/edit`
    ListingEdit(ListingKind, String),
    /// `/demands/XQ-2026-000123/matches`: ranked answers of the other side, for the owner and for brokers.
    Matches(ListingKind, String),
    /// `/demands/XQ-2026-000123/interest?with=CG-…`: send an interest, or recommend the pair as a broker.
    InterestNew(ListingKind, String),
    /// `/organisations`
    Organisations,
    /// `/organisations/new`: create or join one.
    OrganisationNew,
    /// `/organisations/{id}`
    Organisation(Uuid),
    /// `/organisations/{id}/edit`: its data and its members.
    OrganisationEdit(Uuid),
    /// `/experts?q=…`: the people named on public achievements, and their organisations.
    Experts,
    /// `/work`: what waits for the signed-in person.
    Work,
    /// `/pairs`: the best pairs of the market that nobody has taken up, for brokers and officers.
    Pairs,
    /// `/interests`: sent and received, and recommendations of brokers.
    Interests,
    /// `/interests/{id}`
    Interest(Uuid),
    /// `/deals`
    Deals,
    /// `/deals/JY-2026-000001`
    Deal(String),
    /// `/deals/JY-…/nda`: the confidentiality agreement, to read and sign.
    DealNda(String),
    /// `/deals/JY-…/terms`: proposals of terms, with what changed between them.
    DealTerms(String),
    /// `/deals/JY-…/members`
    DealMembers(String),
    /// `/deals/JY-…/documents/{id}`: the versions of a document.
    DealDocument(String, Uuid),
    /// `/deals/JY-…/notice`: put name and price on public notice.
    DealNotice(String),
    /// `/deals/JY-…/commission`: what the broker gets.
    DealCommission(String),
    /// `/demands/XQ-…/detail`: the confidential detail; reading it is written down.
    ListingDetail(ListingKind, String),
    /// `/disclosures?from=`: who read what of one's own confidential texts and files.
    Disclosures,
    /// `/public-notices`: 公示, for everyone.
    PublicNotices,
    /// `/public-notices/GS-2026-000001`
    PublicNotice(String),
    /// `/sales`: listed prices and auctions, for everyone.
    Sales,
    /// `/sales/PM-2026-000001`
    Sale(String),
    /// `/achievements/CG-…/sale`: offer an achievement at a listed price or by auction.
    SaleNew(String),
    /// `/brokers`: the directory of 技术经理人.
    Brokers,
    /// `/brokers/{id}`
    Broker(Uuid),
    /// `/board`: a broker's claims and deals by stage.
    Board,
    /// `/board/{id}`: one claim with its tasks and activities.
    Claim(Uuid),
    /// `/fees`: what a broker is owed and was paid.
    Fees,
    /// `/introductions`: the introductions of a broker or of one's organisation.
    Introductions,
    /// `/introductions/JS-2026-000001`: one with its chain of evidence.
    Introduction(String),
    /// `/questions`: asked and received.
    Questions,
    /// `/questions/new?demand=XQ-…&achievement=CG-…`
    QuestionNew,
    /// `/questions/WD-2026-000001`
    Question(String),
    /// `/notices`: what the signed-in person was told.
    Notices,
    /// `/notices/settings`
    NoticeSettings,
    /// `/unsubscribe/{token}`
    Unsubscribe(String),
    /// `/contracts`: the public register, and one's own.
    Contracts,
    /// `/contracts/new?deal=JY-…`
    ContractNew,
    /// `/contracts/HT-2026-000001`
    Contract(String),
    /// `/contracts/HT-2026-000001/edit`: the task list of its form.
    ContractEdit(String),
    /// `/contracts/HT-2026-000001/edit/{section}`: one section of the form.
    ContractSection(String, String),
    /// `/contracts/HT-2026-000001/amend`: changes of what is registered (变更登记).
    ContractAmend(String),
    /// `/contracts/HT-2026-000001/performance`: milestones, receipts, disputes.
    ContractPerformance(String),
    /// `/contracts/HT-2026-000001/certificate`: to print.
    Certificate(String),
    /// `/contracts/import`: past contracts from a table.
    ContractImport,
    /// `/contracts/import/{id}`: preview, then commit.
    ContractImportBatch(Uuid),
    /// `/certificates?code=`: check a certificate, for everyone.
    Certificates,
    /// `/certificates/{code}`: what a certificate is worth.
    CertificateCheck(String),
    /// `/rules`: what law and guide date, for everyone.
    Rules,
    /// `/rules/new`
    RuleNew,
    /// `/rules/{id}`
    Rule(Uuid),
    /// `/rewards`: how income from 职务科技成果 was split.
    Rewards,
    /// `/rewards/new?contract=HT-…`
    RewardNew,
    /// `/rewards/report?year=`: the unit's annual report.
    RewardReport,
    /// `/rewards/FP-2026-000001`
    Reward(String),
    /// `/indicators`: what counties report outside the ledger.
    Indicators,
    /// `/indicators/new?indicator=&year=`
    IndicatorNew,
    /// `/indicators/{id}`
    Indicator(Uuid),
    /// `/assessment?year=`: the report by which the city and its counties are assessed.
    Assessment,
    /// `/snapshots`: what the ledger said when each month was closed.
    Snapshots,
    /// `/snapshots/2026-10`
    Snapshot(String),
    /// `/dashboard`: the officers' board.
    Dashboard,
    /// `/targets`
    Targets,
    /// `/targets/contract_value?year=&region=`: a figure down to its evidence.
    Target(String),
    /// `/review`: what waits for an officer.
    Review,
    /// `/review/precision?year=&region=`: how good the matching is, down to the judged pairs.
    ReviewPrecision,
    /// `/review/weights`: the weights of matches, what judgements teach about them, and adopting it.
    ReviewWeights,
    /// `/review/demands/XQ-…`
    ReviewListing(ListingKind, String),
    /// `/review/contracts/HT-…`
    ReviewContract(String),
    /// `/import`
    Import,
    /// `/import/{id}`: preview, then commit.
    ImportBatch(Uuid),
    /// `/admin`
    Admin,
    /// `/admin/people`
    AdminPeople,
    /// `/admin/people/{id}`
    AdminPerson(Uuid),
    /// `/admin/targets`
    AdminTargets,
    /// `/admin/mail`: the outbox of mail, for officers in demo and tests.
    AdminMail,
    /// `/admin/audit`
    AdminAudit,
    /// `/signin`
    SignIn,
    /// `/register`
    Register,
    /// `/forgot`
    Forgot,
    /// `/reset/{token}`
    Reset(String),
    /// `/verify/{token}`
    Verify(String),
    /// `/account`
    Account,
    /// `/signout` (POST only)
    SignOut,
    /// `/gallery`: every component, in debug builds.
    Gallery,
}

/// `demands` or `achievements`.
pub fn kind_path(kind: ListingKind) -> &'static str {
    match kind {
        ListingKind::Demand => "demands",
        ListingKind::Achievement => "achievements",
    }
}

impl Route {
    /// The language and page of a path; nothing when there is none.
    pub fn parse(path: &str) -> Option<(Lang, Self)> {
        let (lang, rest) = match path.strip_prefix("/en") {
            Some("") => (Lang::En, "/"),
            Some(rest) if rest.starts_with('/') => (Lang::En, rest),
            _ => (Lang::Zh, path),
        };
        let parts: Vec<&str> = rest.strip_prefix('/')?.split('/').collect();
        Some((lang, Self::of(&parts)?))
    }

    fn of(parts: &[&str]) -> Option<Self> {
        let kind = |name: &str| match name {
            "demands" => Some(ListingKind::Demand),
            "achievements" => Some(ListingKind::Achievement),
            _ => None,
        };
        let text = |part: &str| (!part.is_empty() && part.len() <= 200).then(|| part.to_owned());
        Some(match *parts {
            [""] => Self::Home,
            ["about"] => Self::About,
            ["organisations"] => Self::Organisations,
            ["organisations", "new"] => Self::OrganisationNew,
            ["organisations", id] => Self::Organisation(id.parse().ok()?),
            ["organisations", id, "edit"] => Self::OrganisationEdit(id.parse().ok()?),
            ["experts"] => Self::Experts,
            ["work"] => Self::Work,
            ["pairs"] => Self::Pairs,
            ["interests"] => Self::Interests,
            ["interests", id] => Self::Interest(id.parse().ok()?),
            ["deals"] => Self::Deals,
            ["deals", number] => Self::Deal(text(number)?),
            ["deals", number, "nda"] => Self::DealNda(text(number)?),
            ["deals", number, "terms"] => Self::DealTerms(text(number)?),
            ["deals", number, "members"] => Self::DealMembers(text(number)?),
            ["deals", number, "documents", id] => Self::DealDocument(text(number)?, id.parse().ok()?),
            ["deals", number, "notice"] => Self::DealNotice(text(number)?),
            ["deals", number, "commission"] => Self::DealCommission(text(number)?),
            ["disclosures"] => Self::Disclosures,
            ["public-notices"] => Self::PublicNotices,
            ["public-notices", number] => Self::PublicNotice(text(number)?),
            ["sales"] => Self::Sales,
            ["sales", number] => Self::Sale(text(number)?),
            ["brokers"] => Self::Brokers,
            ["brokers", id] => Self::Broker(id.parse().ok()?),
            ["board"] => Self::Board,
            ["board", id] => Self::Claim(id.parse().ok()?),
            ["fees"] => Self::Fees,
            ["introductions"] => Self::Introductions,
            ["introductions", number] => Self::Introduction(text(number)?),
            ["questions"] => Self::Questions,
            ["questions", "new"] => Self::QuestionNew,
            ["questions", number] => Self::Question(text(number)?),
            ["notices"] => Self::Notices,
            ["notices", "settings"] => Self::NoticeSettings,
            ["unsubscribe", token] => Self::Unsubscribe(text(token)?),
            ["achievements", number, "sale"] => Self::SaleNew(text(number)?),
            ["contracts"] => Self::Contracts,
            ["contracts", "new"] => Self::ContractNew,
            ["contracts", "import"] => Self::ContractImport,
            ["contracts", "import", id] => Self::ContractImportBatch(id.parse().ok()?),
            ["contracts", number] => Self::Contract(text(number)?),
            ["contracts", number, "edit"] => Self::ContractEdit(text(number)?),
            ["contracts", number, "edit", section] => Self::ContractSection(text(number)?, text(section)?),
            ["contracts", number, "amend"] => Self::ContractAmend(text(number)?),
            ["contracts", number, "performance"] => Self::ContractPerformance(text(number)?),
            ["contracts", number, "certificate"] => Self::Certificate(text(number)?),
            ["certificates"] => Self::Certificates,
            ["certificates", code] => Self::CertificateCheck(text(code)?),
            ["rules"] => Self::Rules,
            ["rules", "new"] => Self::RuleNew,
            ["rules", id] => Self::Rule(id.parse().ok()?),
            ["rewards"] => Self::Rewards,
            ["rewards", "new"] => Self::RewardNew,
            ["rewards", "report"] => Self::RewardReport,
            ["rewards", number] => Self::Reward(text(number)?),
            ["indicators"] => Self::Indicators,
            ["indicators", "new"] => Self::IndicatorNew,
            ["indicators", id] => Self::Indicator(id.parse().ok()?),
            ["assessment"] => Self::Assessment,
            ["snapshots"] => Self::Snapshots,
            ["snapshots", month] => Self::Snapshot(text(month)?),
            ["dashboard"] => Self::Dashboard,
            ["targets"] => Self::Targets,
            ["targets", figure] => Self::Target(text(figure)?),
            ["review"] => Self::Review,
            ["review", "precision"] => Self::ReviewPrecision,
            ["review", "weights"] => Self::ReviewWeights,
            ["review", "contracts", number] => Self::ReviewContract(text(number)?),
            ["review", side, number] => Self::ReviewListing(kind(side)?, text(number)?),
            ["import"] => Self::Import,
            ["import", id] => Self::ImportBatch(id.parse().ok()?),
            ["admin"] => Self::Admin,
            ["admin", "people"] => Self::AdminPeople,
            ["admin", "people", id] => Self::AdminPerson(id.parse().ok()?),
            ["admin", "targets"] => Self::AdminTargets,
            ["admin", "mail"] => Self::AdminMail,
            ["admin", "audit"] => Self::AdminAudit,
            ["signin"] => Self::SignIn,
            ["register"] => Self::Register,
            ["forgot"] => Self::Forgot,
            ["reset", token] => Self::Reset(text(token)?),
            ["verify", token] => Self::Verify(text(token)?),
            ["account"] => Self::Account,
            ["signout"] => Self::SignOut,
            ["gallery"] if cfg!(debug_assertions) => Self::Gallery,
            [side] => Self::Listings(kind(side)?),
            [side, "new"] => Self::ListingNew(kind(side)?),
            [side, number] => Self::Listing(kind(side)?, text(number)?),
            [side, number, "edit"] => Self::ListingEdit(kind(side)?, text(number)?),
            [side, number, "detail"] => Self::ListingDetail(kind(side)?, text(number)?),
            [side, number, "matches"] => Self::Matches(kind(side)?, text(number)?),
            [side, number, "interest"] => Self::InterestNew(kind(side)?, text(number)?),
            _ => return None,
        })
    }

    /// The path in Chinese, without query.
    pub fn path(&self) -> String {
        match self {
            Self::Home => "/".to_owned(),
            Self::About => "/about".to_owned(),
            Self::Listings(kind) => format!("/{}", kind_path(*kind)),
            Self::ListingNew(kind) => format!("/{}/new", kind_path(*kind)),
            Self::Listing(kind, number) => format!("/{}/{number}", kind_path(*kind)),
            Self::ListingEdit(kind, number) => format!("/{}/{number}/edit", kind_path(*kind)),
            Self::Matches(kind, number) => format!("/{}/{number}/matches", kind_path(*kind)),
            Self::InterestNew(kind, number) => format!("/{}/{number}/interest", kind_path(*kind)),
            Self::Organisations => "/organisations".to_owned(),
            Self::OrganisationNew => "/organisations/new".to_owned(),
            Self::Organisation(id) => format!("/organisations/{id}"),
            Self::OrganisationEdit(id) => format!("/organisations/{id}/edit"),
            Self::Experts => "/experts".to_owned(),
            Self::Work => "/work".to_owned(),
            Self::Pairs => "/pairs".to_owned(),
            Self::Interests => "/interests".to_owned(),
            Self::Interest(id) => format!("/interests/{id}"),
            Self::Deals => "/deals".to_owned(),
            Self::Deal(number) => format!("/deals/{number}"),
            Self::DealNda(number) => format!("/deals/{number}/nda"),
            Self::DealTerms(number) => format!("/deals/{number}/terms"),
            Self::DealMembers(number) => format!("/deals/{number}/members"),
            Self::DealDocument(number, id) => format!("/deals/{number}/documents/{id}"),
            Self::DealNotice(number) => format!("/deals/{number}/notice"),
            Self::DealCommission(number) => format!("/deals/{number}/commission"),
            Self::ListingDetail(kind, number) => format!("/{}/{number}/detail", kind_path(*kind)),
            Self::Disclosures => "/disclosures".to_owned(),
            Self::PublicNotices => "/public-notices".to_owned(),
            Self::PublicNotice(number) => format!("/public-notices/{number}"),
            Self::Sales => "/sales".to_owned(),
            Self::Sale(number) => format!("/sales/{number}"),
            Self::SaleNew(number) => format!("/achievements/{number}/sale"),
            Self::Brokers => "/brokers".to_owned(),
            Self::Broker(id) => format!("/brokers/{id}"),
            Self::Board => "/board".to_owned(),
            Self::Claim(id) => format!("/board/{id}"),
            Self::Fees => "/fees".to_owned(),
            Self::Introductions => "/introductions".to_owned(),
            Self::Introduction(number) => format!("/introductions/{number}"),
            Self::Questions => "/questions".to_owned(),
            Self::QuestionNew => "/questions/new".to_owned(),
            Self::Question(number) => format!("/questions/{number}"),
            Self::Notices => "/notices".to_owned(),
            Self::NoticeSettings => "/notices/settings".to_owned(),
            Self::Unsubscribe(token) => format!("/unsubscribe/{token}"),
            Self::Contracts => "/contracts".to_owned(),
            Self::ContractNew => "/contracts/new".to_owned(),
            Self::Contract(number) => format!("/contracts/{number}"),
            Self::ContractEdit(number) => format!("/contracts/{number}/edit"),
            Self::ContractSection(number, section) => format!("/contracts/{number}/edit/{section}"),
            Self::ContractAmend(number) => format!("/contracts/{number}/amend"),
            Self::ContractPerformance(number) => format!("/contracts/{number}/performance"),
            Self::Certificate(number) => format!("/contracts/{number}/certificate"),
            Self::ContractImport => "/contracts/import".to_owned(),
            Self::ContractImportBatch(id) => format!("/contracts/import/{id}"),
            Self::Certificates => "/certificates".to_owned(),
            Self::CertificateCheck(code) => format!("/certificates/{code}"),
            Self::Rules => "/rules".to_owned(),
            Self::RuleNew => "/rules/new".to_owned(),
            Self::Rule(id) => format!("/rules/{id}"),
            Self::Rewards => "/rewards".to_owned(),
            Self::RewardNew => "/rewards/new".to_owned(),
            Self::RewardReport => "/rewards/report".to_owned(),
            Self::Reward(number) => format!("/rewards/{number}"),
            Self::Indicators => "/indicators".to_owned(),
            Self::IndicatorNew => "/indicators/new".to_owned(),
            Self::Indicator(id) => format!("/indicators/{id}"),
            Self::Assessment => "/assessment".to_owned(),
            Self::Snapshots => "/snapshots".to_owned(),
            Self::Snapshot(month) => format!("/snapshots/{month}"),
            Self::Dashboard => "/dashboard".to_owned(),
            Self::Targets => "/targets".to_owned(),
            Self::Target(figure) => format!("/targets/{figure}"),
            Self::Review => "/review".to_owned(),
            Self::ReviewPrecision => "/review/precision".to_owned(),
            Self::ReviewWeights => "/review/weights".to_owned(),
            Self::ReviewListing(kind, number) => format!("/review/{}/{number}", kind_path(*kind)),
            Self::ReviewContract(number) => format!("/review/contracts/{number}"),
            Self::Import => "/import".to_owned(),
            Self::ImportBatch(id) => format!("/import/{id}"),
            Self::Admin => "/admin".to_owned(),
            Self::AdminPeople => "/admin/people".to_owned(),
            Self::AdminPerson(id) => format!("/admin/people/{id}"),
            Self::AdminTargets => "/admin/targets".to_owned(),
            Self::AdminMail => "/admin/mail".to_owned(),
            Self::AdminAudit => "/admin/audit".to_owned(),
            Self::SignIn => "/signin".to_owned(),
            Self::Register => "/register".to_owned(),
            Self::Forgot => "/forgot".to_owned(),
            Self::Reset(token) => format!("/reset/{token}"),
            Self::Verify(token) => format!("/verify/{token}"),
            Self::Account => "/account".to_owned(),
            Self::SignOut => "/signout".to_owned(),
            Self::Gallery => "/gallery".to_owned(),
        }
    }

    /// The path in a language.
    pub fn href(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, Self::Home) => "/en".to_owned(),
            _ => format!("{}{}", lang.prefix(), self.path()),
        }
    }
}
