//! The text of a PDF, line by line: what is shown at another height begins a line.

use std::collections::BTreeMap;

use keqiao_model::TextProblem;
use lopdf::{DecompressError, Document, Encoding, Error, Object, ObjectId, content::Content};

use super::{TEXT_MAX, UNPACKED_MAX};

/// How far the next line is away at least, in points.
const APART: f32 = 1.0;

pub(super) fn text(bytes: &[u8]) -> Result<String, TextProblem> {
    let document = Document::load_mem(bytes).map_err(problem)?;
    if document.is_encrypted() {
        return Err(TextProblem::Locked);
    }
    let mut text = String::new();
    for page in document.page_iter() {
        // A page that is a picture, or in a font that says nothing, is a page without text.
        if let Err(error) = page_text(&document, page, &mut text)
            && problem(error) == TextProblem::TooLarge
        {
            return Err(TextProblem::TooLarge);
        }
        if text.len() > TEXT_MAX {
            return Err(TextProblem::TooLarge);
        }
        text.push('\n');
    }
    Ok(text)
}

fn problem(error: Error) -> TextProblem {
    match error {
        Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => TextProblem::TooLarge,
        Error::Decryption(_) | Error::InvalidPassword => TextProblem::Locked,
        _ => TextProblem::Broken,
    }
}

/// Where text is put: the vertical parts of the page's and the text's matrices.
#[derive(Clone, Copy)]
struct Height {
    scale: f32,
    offset: f32,
    line: f32,
}

impl Height {
    fn at(self) -> f32 {
        self.offset + self.scale * self.line
    }
}

fn page_text(document: &Document, page: ObjectId, text: &mut String) -> Result<(), Error> {
    let mut encodings: BTreeMap<Vec<u8>, Encoding<'_>> = BTreeMap::new();
    for (name, font) in document.get_page_fonts(page)? {
        if let Ok(encoding) = font.get_font_encoding_with_limit(document, UNPACKED_MAX) {
            encodings.insert(name, encoding);
        }
    }
    let content = Content::decode(&document.get_page_content_with_limit(page, UNPACKED_MAX)?)?;
    let mut height = Height { scale: 1.0, offset: 0.0, line: 0.0 };
    let (mut saved, mut shown_at, mut encoding) = (Vec::new(), None::<f32>, None);
    for operation in &content.operations {
        let operands = &operation.operands;
        let number = |place: usize| operands.get(place).and_then(|o| o.as_float().ok()).unwrap_or(0.0);
        match operation.operator.as_str() {
            "q" => saved.push(height),
            "Q" => height = saved.pop().unwrap_or(height),
            "cm" => {
                height.offset += height.scale * number(5);
                height.scale *= number(3);
            }
            "BT" => height.line = 0.0,
            "Td" | "TD" => height.line += number(1),
            "Tm" => height.line = number(5),
            "T*" => shown_at = shown_at.map(|_| f32::INFINITY),
            "Tf" => encoding = operands.first().and_then(|o| o.as_name().ok()).and_then(|name| encodings.get(name)),
            "Tj" | "TJ" | "'" | "\"" => {
                let next = matches!(operation.operator.as_str(), "'" | "\"");
                let at = height.at();
                if next || shown_at.is_some_and(|before| (before - at).abs() > APART) {
                    text.push('\n');
                }
                shown_at = Some(at);
                if let Some(encoding) = encoding {
                    operands.iter().for_each(|operand| show(encoding, operand, text));
                }
            }
            _ => {}
        }
        if text.len() > TEXT_MAX {
            break;
        }
    }
    Ok(())
}

/// What a string, or each string of a list, says.
fn show(encoding: &Encoding<'_>, operand: &Object, text: &mut String) {
    match operand {
        Object::String(bytes, _) => text.push_str(&Document::decode_text(encoding, bytes).unwrap_or_default()),
        Object::Array(parts) => parts.iter().filter(|p| matches!(p, Object::String(..))).for_each(|part| show(encoding, part, text)),
        _ => {}
    }
}
