//! Keqiao.
