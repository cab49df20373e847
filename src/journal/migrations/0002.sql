-- The journal, version 2: what was done for an acknowledgement is found by it, however long ago that was.

CREATE INDEX serving ON entries (json_extract(body, '$.data.for')) WHERE kind = 'act';
