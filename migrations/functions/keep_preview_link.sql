-- To read, not to run: as the migrations leave it. tests/database/test_functions.py writes this file.

-- 39_20261128020000_taken_back.py
CREATE OR REPLACE FUNCTION chaishots_keep_preview_link()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
    if (new.id, new.token_hash, new.at, new.program_id, new.created_by, new.created_at, new.token_id)
       is distinct from (old.id, old.token_hash, old.at, old.program_id, old.created_by, old.created_at, old.token_id)
       or new.expires_at > old.expires_at or old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
        perform chaishots_refuse('preview_link_immutable', 'a preview link shows what it showed: make another one');
    end if;
    return new;
end $function$;

CREATE TRIGGER keep BEFORE UPDATE ON preview_link FOR EACH ROW EXECUTE FUNCTION chaishots_keep_preview_link();
