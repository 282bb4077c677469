-- Several creates: one call, one transaction, and as few statements as if they were one.
--
-- Each has the outcome that it would have if they came one after another. Normally all are new and fit: then the rows
-- of a kind are written together, and each usage is written once, however many creates charge it.


-- A create: what volrules_create_1 takes, by the names of its parameters without their p_.
CREATE TYPE volrules_entry_1 AS (
    volume_id text, message_id text, project_id text, user_id text, size bigint, availability_zone text,
    volume_type_id text, snapshot_id text, source_volid text, display_name text, display_description text,
    charges jsonb, encrypted boolean, message text, source_key_id text, attempts integer, lease_owner text,
    lease_token text, lease_seconds double precision, idempotency_key text, fingerprint text, receipt text,
    sources jsonb, resources text[], amounts bigint[], limits bigint[]
);


-- Take all locks of these creates, in the one order.
CREATE FUNCTION volrules_lock_all_1(p_entries volrules_entry_1[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(key_lock)
    FROM (
        SELECT DISTINCT volrules_key_lock_1(project_id, idempotency_key) AS key_lock
        FROM unnest(p_entries)
        WHERE idempotency_key IS NOT NULL
        ORDER BY key_lock
    ) AS keys;

    PERFORM volrules_lock_sources_1(jsonb_agg(source))
    FROM unnest(p_entries) AS entry, jsonb_array_elements(entry.sources) AS source
    HAVING count(*) > 0;

    -- A usage that is not there yet is made, so that it can be locked.
    INSERT INTO quota_usages (project_id, resource, in_use, reserved)
    SELECT DISTINCT entry.project_id COLLATE "C" AS project_id, resource COLLATE "C" AS resource, 0, 0
    FROM unnest(p_entries) AS entry, unnest(entry.resources) AS resource
    ORDER BY project_id, resource
    ON CONFLICT (project_id, resource) DO NOTHING;

    PERFORM 1
    FROM quota_usages
    WHERE (project_id, resource) IN (
        SELECT entry.project_id, resource FROM unnest(p_entries) AS entry, unnest(entry.resources) AS resource
    )
    ORDER BY project_id, resource
    FOR NO KEY UPDATE;
END
$$;


-- Whether all of these creates will be, one after another: no key is known or comes twice, no source has changed, and
-- each fits with those before it. To be asked under their locks.
CREATE FUNCTION volrules_all_fit_1(p_entries volrules_entry_1[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT 1
        FROM unnest(p_entries)
        WHERE idempotency_key IS NOT NULL
        GROUP BY project_id, idempotency_key
        HAVING count(*) > 1
    ) AND NOT EXISTS (
        SELECT 1
        FROM unnest(p_entries) AS entry
        JOIN idempotency_keys AS known USING (project_id, idempotency_key)
    ) AND (
        SELECT volrules_changed_1(jsonb_agg(DISTINCT source))
        FROM unnest(p_entries) AS entry, jsonb_array_elements(entry.sources) AS source
    ) IS NULL AND NOT EXISTS (
        SELECT 1
        FROM (
            SELECT project_id, resource, quota, sum(amount) OVER so_far AS charged
            FROM unnest(p_entries) WITH ORDINALITY AS entry,
                 unnest(entry.resources, entry.amounts, entry.limits) AS charge (resource, amount, quota)
            WINDOW so_far AS (PARTITION BY project_id, resource ORDER BY entry.ordinality)
        ) AS charges
        JOIN quota_usages AS usage USING (project_id, resource)
        WHERE quota >= 0 AND usage.in_use + charged > quota
    );
END
$$;


-- Write creates that all fit; to be done under their locks.
CREATE FUNCTION volrules_write_all_1(p_entries volrules_entry_1[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    born timestamptz := clock_timestamp();
BEGIN
    INSERT INTO idempotency_keys (project_id, idempotency_key, fingerprint, volume_id, receipt, created_at)
    SELECT project_id, idempotency_key, fingerprint, volume_id, receipt, born
    FROM unnest(p_entries)
    WHERE idempotency_key IS NOT NULL;

    INSERT INTO volumes (
        id, project_id, user_id, size, status, attach_status, availability_zone, volume_type_id, snapshot_id,
        source_volid, display_name, display_description, charges, encrypted, shared, created_at
    )
    SELECT
        volume_id, project_id, user_id, size, 'creating', 'detached', availability_zone, volume_type_id, snapshot_id,
        source_volid, display_name, display_description, charges, encrypted, FALSE, born
    FROM unnest(p_entries);

    -- Born leased when their maker means to settle them.
    INSERT INTO outbox (
        id, volume_id, sequence, operation, state, attempts, next_attempt_at, lease_owner, lease_until, lease_token,
        source_key_id, body, created_at
    )
    SELECT
        message_id, volume_id, 1, 'create', 'pending', attempts, born, lease_owner,
        born + make_interval(secs => lease_seconds), lease_token, source_key_id, message, born
    FROM unnest(p_entries);

    UPDATE quota_usages AS usage
    SET in_use = usage.in_use + charged
    FROM (
        SELECT project_id, resource, sum(amount) AS charged
        FROM unnest(p_entries) AS entry, unnest(entry.resources, entry.amounts) AS charge (resource, amount)
        GROUP BY project_id, resource
    ) AS charges
    WHERE usage.project_id = charges.project_id AND usage.resource = charges.resource;
END
$$;


-- Several creates in one transaction, each with its own outcome, in order: one that is refused undoes itself alone.
-- p_entries: a list of volrules_entry_1. Rows are looked up by their keys, whatever the planner takes tables that have
-- just grown for.
CREATE FUNCTION volrules_create_many_1(p_entries json) RETURNS SETOF volrules_outcome_1
LANGUAGE plpgsql
SET enable_sort = on SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    entries volrules_entry_1[] := ARRAY(
        SELECT entry FROM json_populate_recordset(NULL::volrules_entry_1, p_entries) AS entry
    );
    e volrules_entry_1;
BEGIN
    PERFORM volrules_lock_all_1(entries);
    IF volrules_all_fit_1(entries) THEN
        PERFORM volrules_write_all_1(entries);
        RETURN QUERY SELECT 'created', NULL::text, NULL::text, NULL::text, NULL::jsonb FROM unnest(entries);
        RETURN;
    END IF;

    FOREACH e IN ARRAY entries LOOP
        RETURN NEXT volrules_create_1(
            e.volume_id, e.message_id, e.project_id, e.user_id, e.size, e.availability_zone, e.volume_type_id,
            e.snapshot_id, e.source_volid, e.display_name, e.display_description, e.charges, e.encrypted, e.message,
            e.source_key_id, e.attempts, e.lease_owner, e.lease_token, e.lease_seconds, e.idempotency_key,
            e.fingerprint, e.receipt, e.sources, e.resources, e.amounts, e.limits
        );
    END LOOP;
END
$$;
