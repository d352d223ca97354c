-- What a customer likes, and facts of the enterprise's own, as CustomerSnapshot carries them: arrays sorted by name.
ALTER TABLE customers
    ADD COLUMN preferences   jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN custom_fields jsonb NOT NULL DEFAULT '[]';
