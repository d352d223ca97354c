CREATE TABLE notes (
    id      uuid PRIMARY KEY,
    text    text NOT NULL,
    stars   int NOT NULL,
    version bigint NOT NULL
);
CREATE TABLE note_counts (
    note_id uuid PRIMARY KEY,
    count   int NOT NULL,
    version bigint NOT NULL,
    text    text NOT NULL
);
