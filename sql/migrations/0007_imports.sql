-- Functions that have another signature now, or no caller: kept, the first would be one of two of its name.
drop function if exists api.import_warn(text, bigint, text, text, text, text);
