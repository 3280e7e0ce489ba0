//! Texts of contracts as PDF, written as office programs write them: codes, and a map from codes to characters.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

/// Characters of a line.
const LINE: usize = 40;
/// Lines of the one page.
const LINES: usize = 34;

/// A PDF of one page with these paragraphs.
///
/// # Errors
/// When it cannot be written.
pub fn pdf(paragraphs: &[String]) -> anyhow::Result<Vec<u8>> {
    let lines: Vec<Vec<char>> = paragraphs
        .iter()
        .flat_map(|p| p.chars().collect::<Vec<_>>().chunks(LINE).map(<[char]>::to_vec).collect::<Vec<_>>())
        .take(LINES)
        .collect();
    let mut characters: Vec<char> = lines.iter().flatten().copied().collect();
    characters.sort_unstable();
    characters.dedup();
    let code = |c: &char| characters.binary_search(c).map_or(0, |place| place + 1);
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let map: String = characters.iter().map(|c| format!("<{:04X}> <{:04X}>\n", code(c), u32::from(*c))).collect();
    let map = format!(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\n\
         endcodespacerange\n{} beginbfchar\n{map}endbfchar\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n",
        characters.len()
    );
    let to_unicode = document.add_object(Stream::new(Dictionary::new(), map.into_bytes()));
    let descendant = document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "CIDFontType2",
        "BaseFont" => "SimSun",
        "CIDSystemInfo" => dictionary! {
            "Registry" => Object::string_literal("Adobe"),
            "Ordering" => Object::string_literal("Identity"),
            "Supplement" => 0,
        },
    });
    let font = document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "Type0",
        "BaseFont" => "SimSun",
        "Encoding" => "Identity-H",
        "DescendantFonts" => vec![descendant.into()],
        "ToUnicode" => to_unicode,
    });
    let shown: String = lines
        .iter()
        .map(|line| format!("<{}> Tj 0 -20 Td\n", line.iter().map(|c| format!("{:04X}", code(c))).collect::<String>()))
        .collect();
    let content = document.add_object(Stream::new(Dictionary::new(), format!("BT /F1 12 Tf 50 780 Td\n{shown}ET").into_bytes()));
    let page = document.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => pages,
        "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    });
    document.objects.insert(pages, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}
