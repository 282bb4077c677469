-- The create: one call, one transaction, no round trip in between.
--
-- Locks are taken in one order by everybody: idempotency keys, sources (volumes, snapshots, backups, images, each by
-- id), usages by (project, resource) as bytes compare. So creates, deletes and imports cannot deadlock.
--
-- A function is never changed once it is released: what replaces it gets the next number in its name.


-- What a create answers with. outcome: created, replayed, mismatch, changed or over.
-- receipt, status, message_state: of a replay; detail: of "over", [[resource, requested, consumed, limit], ...].
CREATE TYPE volrules_outcome_1 AS (
    outcome text,
    receipt text,
    status text,
    message_state text,
    detail jsonb
);


-- The lock that stands for an idempotency key, whether or not there is a row for it.
CREATE FUNCTION volrules_key_lock_1(p_project_id text, p_key text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT hashtextextended(p_key, hashtextextended(p_project_id, 0))
$$;


-- Every charge that exceeds its limit by the numbers as they are now; NULL when none does.
CREATE FUNCTION volrules_shortages_1(p_project_id text, p_resources text[], p_amounts bigint[], p_limits bigint[])
RETURNS jsonb
LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_build_array(resource, amount, consumed, quota) ORDER BY position)
    FROM (
        SELECT c.resource, c.amount, c.quota, c.position, COALESCE(usage.in_use, 0) AS consumed
        FROM unnest(p_resources, p_amounts, p_limits) WITH ORDINALITY AS c (resource, amount, quota, position)
        LEFT JOIN quota_usages usage ON usage.project_id = p_project_id AND usage.resource = c.resource
    ) AS charged
    WHERE quota >= 0 AND consumed + amount > quota
$$;


-- One create. p_resources, p_amounts, p_limits: the charges, in the order of the resources; limit -1: unlimited.
-- p_sources: see volrules_lock_sources_1; NULL when there are none. What connections set for claims is not for it.
CREATE FUNCTION volrules_create_1(
    p_volume_id text, p_message_id text, p_project_id text, p_user_id text, p_size bigint, p_availability_zone text,
    p_volume_type_id text, p_snapshot_id text, p_source_volid text, p_display_name text, p_display_description text,
    p_charges jsonb, p_encrypted boolean, p_message text, p_source_key_id text, p_attempts integer, p_lease_owner text,
    p_lease_token text, p_lease_seconds double precision, p_idempotency_key text, p_fingerprint text, p_receipt text,
    p_sources jsonb, p_resources text[], p_amounts bigint[], p_limits bigint[]
) RETURNS volrules_outcome_1
LANGUAGE plpgsql SET enable_sort = on SET enable_bitmapscan = on AS $$
DECLARE
    answer volrules_outcome_1;
    known record;
    reserved integer;
    born timestamptz := clock_timestamp();
BEGIN
    -- The idempotency key: whoever is in flight with the same one is waited for, and replayed.
    IF p_idempotency_key IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(volrules_key_lock_1(p_project_id, p_idempotency_key));
        SELECT k.fingerprint, k.receipt, v.status, m.state INTO known
        FROM idempotency_keys k
        JOIN volumes v ON v.id = k.volume_id
        LEFT JOIN outbox m ON m.volume_id = k.volume_id AND m.operation = 'create'
        WHERE k.project_id = p_project_id AND k.idempotency_key = p_idempotency_key
        ORDER BY m.sequence DESC
        LIMIT 1;
        IF FOUND AND known.fingerprint = p_fingerprint THEN
            RETURN ('replayed', known.receipt, known.status, known.state, NULL)::volrules_outcome_1;
        ELSIF FOUND THEN
            RETURN ('mismatch', NULL, NULL, NULL, NULL)::volrules_outcome_1;
        END IF;
    END IF;

    -- The sources, as they are now and will be until the commit.
    IF p_sources IS NOT NULL THEN
        PERFORM volrules_lock_sources_1(p_sources);
        answer := ('changed', NULL, NULL, NULL, volrules_changed_1(p_sources))::volrules_outcome_1;
        IF answer.detail IS NOT NULL THEN
            RETURN answer;
        END IF;
    END IF;

    LOOP
        BEGIN
            IF p_idempotency_key IS NOT NULL THEN
                INSERT INTO idempotency_keys (project_id, idempotency_key, fingerprint, volume_id, receipt, created_at)
                VALUES (p_project_id, p_idempotency_key, p_fingerprint, p_volume_id, p_receipt, born);
            END IF;

            INSERT INTO volumes (
                id, project_id, user_id, size, status, attach_status, availability_zone, volume_type_id, snapshot_id,
                source_volid, display_name, display_description, charges, encrypted, shared, created_at
            ) VALUES (
                p_volume_id, p_project_id, p_user_id, p_size, 'creating', 'detached', p_availability_zone,
                p_volume_type_id, p_snapshot_id, p_source_volid, p_display_name, p_display_description, p_charges,
                p_encrypted, FALSE, born
            );

            -- Born leased when its maker means to settle it.
            INSERT INTO outbox (
                id, volume_id, sequence, operation, state, attempts, next_attempt_at, lease_owner, lease_until,
                lease_token, source_key_id, body, created_at
            ) VALUES (
                p_message_id, p_volume_id, 1, 'create', 'pending', p_attempts, born, p_lease_owner,
                born + make_interval(secs => p_lease_seconds), p_lease_token, p_source_key_id, p_message, born
            );

            -- Usages last: a busy project's rows are locked for the shortest time. Each is a conditional write;
            -- landing on the limit is fine.
            INSERT INTO quota_usages AS usage (project_id, resource, in_use, reserved)
            SELECT p_project_id, resource, amount, 0
            FROM unnest(p_resources, p_amounts, p_limits) WITH ORDINALITY AS c (resource, amount, quota, position)
            WHERE quota < 0 OR amount <= quota
            ORDER BY position
            ON CONFLICT (project_id, resource) DO UPDATE SET in_use = usage.in_use + excluded.in_use
            WHERE p_limits[array_position(p_resources, excluded.resource)] < 0
               OR usage.in_use + excluded.in_use <= p_limits[array_position(p_resources, excluded.resource)];
            GET DIAGNOSTICS reserved = ROW_COUNT;
            IF reserved < cardinality(p_resources) THEN
                RAISE EXCEPTION USING ERRCODE = 'VR001';
            END IF;
            RETURN ('created', NULL, NULL, NULL, NULL)::volrules_outcome_1;
        EXCEPTION WHEN SQLSTATE 'VR001' THEN
            -- All of the block is undone, its locks too: where the numbers suffice by now it begins again.
            answer := ('over', NULL, NULL, NULL, volrules_shortages_1(
                p_project_id, p_resources, p_amounts, p_limits
            ))::volrules_outcome_1;
            IF answer.detail IS NOT NULL THEN
                RETURN answer;
            END IF;
        END;
    END LOOP;
END
$$;
