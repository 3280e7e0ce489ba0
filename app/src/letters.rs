//! The words of the market's letters.
