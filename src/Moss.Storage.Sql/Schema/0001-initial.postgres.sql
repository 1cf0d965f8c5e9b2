-- Names and keys are byte strings, compared as bytes. Times are Unix milliseconds. Enumerations are their numbers.

CREATE TABLE store (
    identity TEXT     NOT NULL
);

CREATE TABLE bucket (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            BYTEA    NOT NULL UNIQUE,
    owner_id        TEXT     NOT NULL,
    created         BIGINT   NOT NULL,
    acl             BIGINT   NOT NULL,
    storage_class   BIGINT   NOT NULL,
    redundancy      TEXT     NOT NULL,
    versioning      BIGINT   NOT NULL,
    region          TEXT     NOT NULL,
    resource_group  TEXT     NOT NULL
);

CREATE TABLE bucket_config (
    bucket_id BIGINT   NOT NULL,
    name      BYTEA    NOT NULL,
    document  BYTEA    NOT NULL,
    PRIMARY KEY (bucket_id, name)
);

-- The current rows alone, so that a listing of them costs what it returns, however long the history is. What a listing does not
-- show stands last: a long manifest lies outside the row, where a scan never looks. age is the complement of the sequence number:
-- one ascending index reads the newest first.
CREATE TABLE object (
    bucket_id     BIGINT   NOT NULL,
    key           BYTEA    NOT NULL,
    age           BIGINT   NOT NULL,
    version_id    BYTEA    NOT NULL,
    delete_marker BIGINT   NOT NULL,
    type          BIGINT   NOT NULL,
    size          BIGINT   NOT NULL,
    etag          TEXT     NOT NULL,
    storage_class BIGINT   NOT NULL,
    modified      BIGINT   NOT NULL,
    owner_id      TEXT     NOT NULL,
    acl           BIGINT   NOT NULL,
    crc64         BIGINT   NOT NULL,
    md5           BYTEA,
    attributes    BYTEA,
    manifest      BYTEA    NOT NULL,
    PRIMARY KEY (bucket_id, key)
);

-- Older versions and delete markers.
CREATE TABLE object_version (
    bucket_id     BIGINT   NOT NULL,
    key           BYTEA    NOT NULL,
    age           BIGINT   NOT NULL,
    version_id    BYTEA    NOT NULL,
    delete_marker BIGINT   NOT NULL,
    type          BIGINT   NOT NULL,
    size          BIGINT   NOT NULL,
    etag          TEXT     NOT NULL,
    storage_class BIGINT   NOT NULL,
    modified      BIGINT   NOT NULL,
    owner_id      TEXT     NOT NULL,
    acl           BIGINT   NOT NULL,
    crc64         BIGINT   NOT NULL,
    md5           BYTEA,
    attributes    BYTEA,
    manifest      BYTEA    NOT NULL,
    PRIMARY KEY (bucket_id, key, age)
);

CREATE INDEX object_version_id ON object_version (bucket_id, key, version_id);

CREATE TABLE upload (
    row_id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bucket_id     BIGINT   NOT NULL,
    key           BYTEA    NOT NULL,
    id            BYTEA    NOT NULL UNIQUE,
    initiated     BIGINT   NOT NULL,
    sequential    BIGINT   NOT NULL,
    storage_class BIGINT   NOT NULL,
    acl           BIGINT   NOT NULL,
    owner_id      TEXT     NOT NULL,
    attributes    BYTEA
);

CREATE INDEX upload_by_key ON upload (bucket_id, key, id);

CREATE TABLE part (
    upload_row BIGINT   NOT NULL,
    number     BIGINT   NOT NULL,
    size       BIGINT   NOT NULL,
    etag       TEXT     NOT NULL,
    crc64      BIGINT   NOT NULL,
    modified   BIGINT   NOT NULL,
    manifest   BYTEA    NOT NULL,
    md5_state  BYTEA,
    PRIMARY KEY (upload_row, number)
);

CREATE TABLE completion (
    id             BYTEA    PRIMARY KEY,
    bucket_id      BIGINT   NOT NULL,
    key            BYTEA    NOT NULL,
    part_list_hash BYTEA    NOT NULL,
    etag           TEXT     NOT NULL,
    crc64          BIGINT   NOT NULL,
    version_id     BYTEA    NOT NULL,
    completed      BIGINT   NOT NULL
);

CREATE INDEX completion_by_time ON completion (completed);

CREATE TABLE blob (
    id     BYTEA    PRIMARY KEY,
    length BIGINT   NOT NULL,
    crc64  BIGINT   NOT NULL,
    md5    BYTEA    NOT NULL,
    refs   BIGINT   NOT NULL
);

CREATE TABLE inline_body (
    id   BYTEA    PRIMARY KEY,
    body BYTEA    NOT NULL
);

CREATE TABLE garbage (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     BIGINT   NOT NULL,
    manifest BYTEA    NOT NULL
);

CREATE INDEX garbage_by_kind ON garbage (kind, id);

CREATE TABLE setting (
    name  BYTEA    PRIMARY KEY,
    value BYTEA    NOT NULL
);

-- Bodies and manifests do not compress; trying costs.
ALTER TABLE inline_body ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE object ALTER COLUMN manifest SET STORAGE EXTERNAL;
ALTER TABLE object_version ALTER COLUMN manifest SET STORAGE EXTERNAL;

-- Rows here come and go at their tables' two ends.
ALTER TABLE garbage SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
ALTER TABLE blob SET (fillfactor = 90);
