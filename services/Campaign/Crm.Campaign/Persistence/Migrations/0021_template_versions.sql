ALTER TABLE template_versions
    -- What has to be looked up for each recipient: fall-backs, segments, coupons, products; see TemplateNeeds.
    ADD COLUMN needs       jsonb NOT NULL DEFAULT '{"fallbacks": [], "segments": [], "coupons": [], "products": 0}',
    ADD COLUMN created_by  text NOT NULL DEFAULT '',
    ADD COLUMN created_at  timestamptz NOT NULL DEFAULT '-infinity',
    -- By somebody else than the author. A version never changes, so that an approval cannot outlive its text.
    ADD COLUMN approved_by text,
    ADD COLUMN approved_at timestamptz,
    ADD CHECK (approved_by <> created_by);

-- Of versions before this one only the first and the last are known to have been written when.
UPDATE template_versions v SET created_by = t.created_by, created_at = CASE WHEN v.version = 1 THEN t.created_at ELSE t.changed_at END
FROM templates t WHERE t.id = v.template_id;
