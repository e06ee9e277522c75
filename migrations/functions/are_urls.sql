-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 42_20261128030000_cheaper_checks.py
CREATE OR REPLACE FUNCTION chaishots_are_urls(urls jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((jsonb_typeof(urls) = 'object'::text) AND (NOT jsonb_path_exists(urls, 'strict $.keyvalue()?((!(@."key" like_regex "^[a-z]{2,3}$" || @."key" like_regex "^[a-z]{2,3}(-([A-Z0-9]{2}|[a-z0-9]{3}|[A-Z0-9][a-z0-9]{3}|[a-z0-9]{5,8})){0,3}$") || @."value".type() != "string") || !(@."value" like_regex "^https://[a-z0-9_]+([.-][a-z0-9_]+)*/[!#-$&-;=?-\\[\\]-~]*$" || @."value" like_regex "^https?://([a-z0-9_]+((-+|[.])[a-z0-9_]+)*|\\[[0-9a-f:]{2,39}\\])(:(0|[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?([/?#]([!#-$&-;=?-\\[\\]-~]|%[0-9A-Fa-f]{2})*)?$"))'::jsonpath)));
