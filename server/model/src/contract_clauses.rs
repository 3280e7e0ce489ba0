//! What the text of a technology contract has to say, what it must not, and where in the text each seems to stand.
//!
//! Source: 民法典 845 (required clauses), 最高人民法院技术合同司法解释 10 (what illegally monopolises technology); domain rules, section 1.

use serde::{Deserialize, Serialize};

use crate::{Check, Clause, FieldError, Fields, MonopolyClause};

/// Longest note on where a clause stands, or what it says, characters.
const PLACE_MAX: usize = 300;
/// Longest excerpt of a place that is suggested, characters.
const EXCERPT: usize = 40;

/// Where a required clause stands, or that it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseAnswer {
    /// Which.
    pub clause: Clause,
    /// Whether the text does not have it.
    pub missing: bool,
    /// Where in the text it stands.
    pub place: String,
}

/// Whether the text has something that may monopolise technology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonopolyAnswer {
    /// Which.
    pub clause: MonopolyClause,
    /// Whether it has.
    pub flagged: bool,
    /// What it says then.
    pub words: String,
}

/// The two check-lists of a contract's clauses, as far as they are answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clauses {
    /// Required clauses.
    pub required: Vec<ClauseAnswer>,
    /// Clauses that are to be flagged.
    pub monopoly: Vec<MonopolyAnswer>,
}

impl Clause {
    /// The clauses that a text has to have, the last only in contracts about patents.
    pub fn required(patents: bool) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |c| patents || *c != Self::Patent)
    }
}

impl Clauses {
    /// Reads `clauses.<code>` (`stated`, `missing`) with `clauses.<code>.place`, and `monopoly.<code>` (`none`, `flagged`) with
    /// `monopoly.<code>.words`; what is not answered is left out.
    pub(crate) fn read(check: &mut Check, fields: &Fields) -> Self {
        let mut clauses = Self::default();
        let mut answer = |name: &str, yes: &str, no: &str, words: &str| {
            let typed = fields.value(name).trim();
            check.ensure(typed.is_empty() || typed == yes || typed == no, name, "choice");
            let words_at = format!("{name}.{words}");
            let words = check.optional(&words_at, fields.value(&words_at), PLACE_MAX);
            (typed == yes || typed == no).then(|| (typed == yes, words))
        };
        for clause in Clause::ALL {
            if let Some((missing, place)) = answer(&format!("clauses.{clause}"), "missing", "stated", "place") {
                clauses.required.push(ClauseAnswer { clause: *clause, missing, place });
            }
        }
        for clause in MonopolyClause::ALL {
            if let Some((flagged, words)) = answer(&format!("monopoly.{clause}"), "flagged", "none", "words") {
                clauses.monopoly.push(MonopolyAnswer { clause: *clause, flagged, words });
            }
        }
        clauses
    }

    /// The fields of a form that shows these answers.
    pub(crate) fn push_fields(&self, fields: &mut Fields) {
        for answer in &self.required {
            fields.push(format!("clauses.{}", answer.clause), if answer.missing { "missing" } else { "stated" });
            fields.push(format!("clauses.{}.place", answer.clause), answer.place.as_str());
        }
        for answer in &self.monopoly {
            fields.push(format!("monopoly.{}", answer.clause), if answer.flagged { "flagged" } else { "none" });
            fields.push(format!("monopoly.{}.words", answer.clause), answer.words.as_str());
        }
    }

    /// What is not answered yet.
    pub(crate) fn problems(&self, patents: bool) -> Vec<FieldError> {
        let mut problems = Vec::new();
        for clause in Clause::required(patents) {
            match self.required.iter().find(|a| a.clause == clause) {
                None => problems.push(FieldError::new(format!("clauses.{clause}"), "required")),
                Some(a) if !a.missing && a.place.is_empty() => {
                    problems.push(FieldError::new(format!("clauses.{clause}.place"), "required"))
                }
                Some(_) => {}
            }
        }
        for clause in MonopolyClause::ALL {
            match self.monopoly.iter().find(|a| a.clause == *clause) {
                None => problems.push(FieldError::new(format!("monopoly.{clause}"), "required")),
                Some(a) if a.flagged && a.words.is_empty() => {
                    problems.push(FieldError::new(format!("monopoly.{clause}.words"), "required"))
                }
                Some(_) => {}
            }
        }
        problems
    }

    /// The required clauses that the text does not have.
    pub fn missing(&self, patents: bool) -> Vec<Clause> {
        let missing = |c: &Clause| self.required.iter().any(|a| a.clause == *c && a.missing);
        Clause::required(patents).filter(missing).collect()
    }

    /// The clauses that may monopolise technology.
    pub fn flagged(&self) -> Vec<MonopolyClause> {
        self.monopoly.iter().filter(|a| a.flagged).map(|a| a.clause).collect()
    }
}

/// Words by which a clause is known, the surest first.
fn signs(clause: Clause) -> &'static [&'static str] {
    match clause {
        Clause::Name => &["项目名称", "合同名称", "名称"],
        Clause::Subject => &["标的", "内容、范围", "技术内容", "研究开发内容", "服务内容", "技术要求", "内容和要求"],
        Clause::Plan => &["履行的计划", "履行计划", "履行期限", "履行地点", "研究开发计划", "进度", "地点和方式"],
        Clause::Confidentiality => &["保密", "商业秘密"],
        Clause::Ownership => &["归属", "收益的分配", "收益分配", "知识产权归", "所有权归", "归甲方", "归乙方"],
        Clause::Acceptance => &["验收"],
        Clause::Terms => &["名词和术语", "名词", "术语", "定义"],
        Clause::Patent => &["专利号", "专利申请号", "专利权人", "申请号"],
    }
}

const NUMERALS: &str = "一二三四五六七八九十百零〇0123456789０１２３４５６７８９";

/// How a line is numbered: `第三条`, `三、`, `3.`; empty when it is not.
fn label(line: &str) -> String {
    let numeral = |c: &char| NUMERALS.contains(*c);
    if let Some(rest) = line.strip_prefix('第') {
        let number: String = rest.chars().take_while(numeral).take(6).collect();
        let after = rest.chars().nth(number.chars().count());
        return match after {
            Some(unit @ ('条' | '章' | '款')) if !number.is_empty() => format!("第{number}{unit}"),
            _ => String::new(),
        };
    }
    let number: String = line.chars().take_while(numeral).take(4).collect();
    let after = line.chars().nth(number.chars().count());
    match after {
        Some(mark @ ('、' | '.' | '．')) if !number.is_empty() => format!("{number}{mark}"),
        _ => String::new(),
    }
}

/// Where each required clause seems to stand in a text: how its article is numbered, and how it begins. A numbered line that names the clause
/// goes before one within an article; what has no sign of it is left out. Only a suggestion: whoever fills the form decides.
pub fn suggest_places(text: &str) -> Vec<(Clause, String)> {
    let mut article = String::new();
    let mut lines: Vec<(String, bool, String)> = Vec::new();
    for line in text.lines() {
        // Extraction leaves blanks between characters.
        let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        let own = label(&line);
        let heads = !own.is_empty();
        if heads {
            article = own;
        }
        if !line.is_empty() {
            lines.push((article.clone(), heads, line));
        }
    }
    let place = |(article, heads, line): &(String, bool, String)| {
        let excerpt: String = line.chars().take(EXCERPT).collect();
        if *heads || article.is_empty() { excerpt } else { format!("{article} {excerpt}") }
    };
    let find = |clause: Clause| {
        let by = |heads: bool| signs(clause).iter().find_map(|sign| lines.iter().find(|(_, h, line)| *h == heads && line.contains(sign)));
        by(true).or_else(|| by(false)).map(place)
    };
    Clause::ALL.iter().filter_map(|clause| Some((*clause, find(*clause)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_known_by_how_they_are_numbered() {
        let check = |line: &str, expected: &str| assert_eq!(label(line), expected, "{line}");
        check("第三条 保密", "第三条");
        check("第十二条：验收", "第十二条");
        check("第１条", "第１条");
        check("三、保密义务", "三、");
        check("12.验收", "12.");
        check("第三方不得使用", "");
        check("保密", "");
        check("2026年8月1日", "");
    }

    /// 民法典 845: each clause is looked for by the words of the model contracts of the ministry.
    #[test]
    fn clauses_are_found_where_they_seem_to_stand() {
        let text = "技术开发（委托）合同\n项目名称：高速主轴陶瓷轴承\n第一条 标的的技术内容、形式和要求\n第二条 研究开发计划\n应于 2027 年 \
                    7 月前完成\n第五条 技术情报和资料的保 密\n第六条 风险\n成果的归属：归甲方\n第七条 验收的标准和方式\n第九条 名词和术语的解释\n";
        let found = suggest_places(text);
        let at = |clause| found.iter().find(|(c, _)| *c == clause).map(|(_, place)| place.as_str());
        assert_eq!(at(Clause::Name), Some("项目名称：高速主轴陶瓷轴承"));
        assert_eq!(at(Clause::Subject), Some("第一条标的的技术内容、形式和要求"));
        assert_eq!(at(Clause::Plan), Some("第二条研究开发计划"));
        assert_eq!(at(Clause::Confidentiality), Some("第五条技术情报和资料的保密"));
        assert_eq!(at(Clause::Ownership), Some("第六条 成果的归属：归甲方"));
        assert_eq!(at(Clause::Acceptance), Some("第七条验收的标准和方式"));
        assert_eq!(at(Clause::Terms), Some("第九条名词和术语的解释"));
        assert_eq!(at(Clause::Patent), None);
        assert_eq!(suggest_places(""), []);
    }

    #[test]
    fn the_patent_clause_is_for_contracts_about_patents() {
        assert_eq!(Clause::required(false).count(), 7);
        assert_eq!(Clause::required(true).count(), 8);
        let mut fields = Fields::default();
        for clause in Clause::ALL {
            fields.push(format!("clauses.{clause}"), if *clause == Clause::Patent { "missing" } else { "stated" });
            fields.push(format!("clauses.{clause}.place"), "第一条");
        }
        let mut check = Check::new();
        let clauses = Clauses::read(&mut check, &fields);
        assert!(check.is_clean());
        assert_eq!((clauses.missing(false), clauses.missing(true)), (vec![], vec![Clause::Patent]));
        let open: Vec<String> = clauses.problems(true).into_iter().map(|e| e.field).collect();
        assert_eq!(open.len(), MonopolyClause::ALL.len(), "{open:?}");
    }

    #[test]
    fn an_answer_says_where_or_what() {
        let check = |fields: &[(&str, &str)], at: &str, open: bool| {
            let mut check = Check::new();
            let clauses = Clauses::read(&mut check, &fields.iter().copied().collect());
            assert_eq!(clauses.problems(false).iter().any(|e| e.field == at), open, "{fields:?} {at}");
        };
        check(&[], "clauses.name", true);
        check(&[("clauses.name", "stated")], "clauses.name.place", true);
        check(&[("clauses.name", "stated"), ("clauses.name.place", "首页")], "clauses.name.place", false);
        check(&[("clauses.name", "missing")], "clauses.name.place", false);
        check(&[], "monopoly.tying", true);
        check(&[("monopoly.tying", "none")], "monopoly.tying.words", false);
        check(&[("monopoly.tying", "flagged")], "monopoly.tying.words", true);
        check(&[("monopoly.tying", "flagged"), ("monopoly.tying.words", "第八条")], "monopoly.tying.words", false);
        let mut wrong = Check::new();
        Clauses::read(&mut wrong, &[("monopoly.tying", "perhaps")].into_iter().collect());
        assert!(!wrong.is_clean());
    }
}
