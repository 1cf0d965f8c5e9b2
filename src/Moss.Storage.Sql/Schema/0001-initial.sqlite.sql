-- Names and keys are byte strings, compared as bytes. Times are Unix milliseconds. Enumerations are their numbers.
-- AUTOINCREMENT stands where an id must never come back after its row is gone.

CREATE TABLE store (
    identity TEXT NOT NULL
);

CREATE TABLE bucket (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            BLOB    NOT NULL UNIQUE,
    owner_id        TEXT    NOT NULL,
    created         INTEGER NOT NULL,
    acl             INTEGER NOT NULL,
    storage_class   INTEGER NOT NULL,
    redundancy      TEXT    NOT NULL,
    versioning      INTEGER NOT NULL,
    region          TEXT    NOT NULL,
    resource_group  TEXT    NOT NULL
);

CREATE TABLE bucket_config (
    bucket_id INTEGER NOT NULL,
    name      BLOB    NOT NULL,
    document  BLOB    NOT NULL,
    PRIMARY KEY (bucket_id, name)
);

-- The current rows alone, so that a listing of them costs what it returns, however long the history is. What a listing does not
-- show stands last: a long manifest lies on overflow pages that a scan never reads. age is the complement of the sequence number:
-- one ascending index reads the newest first.
CREATE TABLE object (
    bucket_id     INTEGER NOT NULL,
    key           BLOB    NOT NULL,
    age           INTEGER NOT NULL,
    version_id    BLOB    NOT NULL,
    delete_marker INTEGER NOT NULL,
    type          INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    etag          TEXT    NOT NULL,
    storage_class INTEGER NOT NULL,
    modified      INTEGER NOT NULL,
    owner_id      TEXT    NOT NULL,
    acl           INTEGER NOT NULL,
    crc64         INTEGER NOT NULL,
    md5           BLOB,
    attributes    BLOB,
    manifest      BLOB    NOT NULL,
    PRIMARY KEY (bucket_id, key)
) WITHOUT ROWID;

-- Older versions and delete markers.
CREATE TABLE object_version (
    bucket_id     INTEGER NOT NULL,
    key           BLOB    NOT NULL,
    age           INTEGER NOT NULL,
    version_id    BLOB    NOT NULL,
    delete_marker INTEGER NOT NULL,
    type          INTEGER NOT NULL,
    size          INTEGER NOT NULL,
    etag          TEXT    NOT NULL,
    storage_class INTEGER NOT NULL,
    modified      INTEGER NOT NULL,
    owner_id      TEXT    NOT NULL,
    acl           INTEGER NOT NULL,
    crc64         INTEGER NOT NULL,
    md5           BLOB,
    attributes    BLOB,
    manifest      BLOB    NOT NULL,
    PRIMARY KEY (bucket_id, key, age)
) WITHOUT ROWID;

CREATE INDEX object_version_id ON object_version (bucket_id, key, version_id);

CREATE TABLE upload (
    row_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket_id     INTEGER NOT NULL,
    key           BLOB    NOT NULL,
    id            BLOB    NOT NULL UNIQUE,
    initiated     INTEGER NOT NULL,
    sequential    INTEGER NOT NULL,
    storage_class INTEGER NOT NULL,
    acl           INTEGER NOT NULL,
    owner_id      TEXT    NOT NULL,
    attributes    BLOB
);

CREATE INDEX upload_by_key ON upload (bucket_id, key, id);

CREATE TABLE part (
    upload_row INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    etag       TEXT    NOT NULL,
    crc64      INTEGER NOT NULL,
    modified   INTEGER NOT NULL,
    manifest   BLOB    NOT NULL,
    md5_state  BLOB,
    PRIMARY KEY (upload_row, number)
) WITHOUT ROWID;

CREATE TABLE completion (
    id             BLOB    PRIMARY KEY,
    bucket_id      INTEGER NOT NULL,
    key            BLOB    NOT NULL,
    part_list_hash BLOB    NOT NULL,
    etag           TEXT    NOT NULL,
    crc64          INTEGER NOT NULL,
    version_id     BLOB    NOT NULL,
    completed      INTEGER NOT NULL
);

CREATE INDEX completion_by_time ON completion (completed);

CREATE TABLE blob (
    id     BLOB    PRIMARY KEY,
    length INTEGER NOT NULL,
    crc64  INTEGER NOT NULL,
    md5    BLOB    NOT NULL,
    refs   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE inline_body (
    id   BLOB PRIMARY KEY,
    body BLOB NOT NULL
);

CREATE TABLE garbage (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     INTEGER NOT NULL,
    manifest BLOB    NOT NULL
);

CREATE INDEX garbage_by_kind ON garbage (kind, id);

CREATE TABLE setting (
    name  BLOB PRIMARY KEY,
    value BLOB NOT NULL
);

-- Without statistics the planner takes the primary key to find a version, and reads all versions of the key. These say that a key may
-- have many, and a version id one.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('object_version', 'object_version', '1000000 100000 100 1'),
    ('object_version', 'object_version_id', '1000000 100000 100 1');
ANALYZE sqlite_schema;
