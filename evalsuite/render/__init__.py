"""Pictures of a run: plain text, terminal tables, Markdown, HTML. Nothing here decides anything."""
