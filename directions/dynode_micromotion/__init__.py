"""Low-rank motion from text or video anchors (Micromotion)."""
