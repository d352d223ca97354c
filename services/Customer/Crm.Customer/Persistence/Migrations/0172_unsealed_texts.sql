-- What is not yet under its customer's key (a sealed text begins with U+0001). Small, and empty once everything is sealed.
CREATE INDEX timeline_entries_unsealed ON timeline_entries (entry_id) WHERE kind = 'note.added' AND (args->>'text') COLLATE "C" > U&'\0002';
CREATE INDEX mentions_unsealed ON mentions (entry_id) WHERE text COLLATE "C" > U&'\0002';
CREATE INDEX activities_unsealed ON activities (id) WHERE body COLLATE "C" > U&'\0002';
CREATE INDEX agreements_unsealed ON agreements (id) WHERE body COLLATE "C" > U&'\0002';
CREATE INDEX customer_files_unsealed ON customer_files (id) WHERE NOT is_sealed;
