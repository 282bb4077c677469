-- The sources of creates: locked, and compared with what a decision read.


-- Keep sources as they are until the transaction ends. p_sources: [{kind, id, behind, read}, ...], where behind is the
-- id of the volume that a snapshot or backup is of.
CREATE FUNCTION volrules_lock_sources_1(p_sources jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    ids jsonb := (
        SELECT jsonb_object_agg(kind, of_kind)
        FROM (
            SELECT kind, jsonb_agg(id) AS of_kind
            FROM (
                SELECT s ->> 'kind' AS kind, s ->> 'id' AS id FROM jsonb_array_elements(p_sources) AS s
                UNION
                SELECT 'volume', s ->> 'behind' FROM jsonb_array_elements(p_sources) AS s WHERE s ->> 'behind' IS NOT NULL
            ) AS named
            GROUP BY kind
        ) AS grouped
    );
BEGIN
    PERFORM 1 FROM volumes
    WHERE id IN (SELECT jsonb_array_elements_text(ids -> 'volume')) ORDER BY id COLLATE "C" FOR SHARE;
    PERFORM 1 FROM snapshots
    WHERE id IN (SELECT jsonb_array_elements_text(ids -> 'snapshot')) ORDER BY id COLLATE "C" FOR SHARE;
    PERFORM 1 FROM backups
    WHERE id IN (SELECT jsonb_array_elements_text(ids -> 'backup')) ORDER BY id COLLATE "C" FOR SHARE;
    PERFORM 1 FROM images
    WHERE id IN (SELECT jsonb_array_elements_text(ids -> 'image')) ORDER BY id COLLATE "C" FOR SHARE;
END
$$;


-- A volume as a decision reads it; attached and detached ones are the same to it. NULL when there is none.
CREATE FUNCTION volrules_volume_1(p_id text) RETURNS jsonb
LANGUAGE sql AS $$
    SELECT jsonb_build_object(
        'id', id, 'size', size, 'status', CASE status WHEN 'in-use' THEN 'available' ELSE status END,
        'availability_zone', availability_zone, 'volume_type_id', volume_type_id,
        'encryption_key_id', encryption_key_id, 'host', host, 'project_id', project_id, 'shared', shared
    )
    FROM volumes WHERE id = p_id AND deleted_at IS NULL
$$;


-- Any source as a decision reads it: every field, and the volume behind it. NULL when there is none.
CREATE FUNCTION volrules_source_1(p_kind text, p_id text) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
    CASE p_kind
    WHEN 'volume' THEN
        RETURN volrules_volume_1(p_id);
    WHEN 'snapshot' THEN
        RETURN (
            SELECT jsonb_build_object(
                'id', id, 'volume_id', volume_id, 'volume_size', volume_size, 'status', status,
                'volume_type_id', volume_type_id, 'encryption_key_id', encryption_key_id,
                'project_id', project_id, 'shared', shared, 'volume', volrules_volume_1(volume_id)
            )
            FROM snapshots WHERE id = p_id AND deleted_at IS NULL
        );
    WHEN 'backup' THEN
        RETURN (
            SELECT jsonb_build_object(
                'id', id, 'volume_id', volume_id, 'size', size, 'status', status,
                'project_id', project_id, 'shared', shared, 'volume', volrules_volume_1(volume_id)
            )
            FROM backups WHERE id = p_id AND deleted_at IS NULL
        );
    WHEN 'image' THEN
        RETURN (
            SELECT jsonb_build_object(
                'id', id, 'name', name, 'status', status, 'size', size, 'min_disk', min_disk,
                'virtual_size', virtual_size, 'project_id', project_id, 'shared', shared
            )
            FROM images WHERE id = p_id AND deleted_at IS NULL
        );
    END CASE;
END
$$;


-- The first source that is not what was read, with its state now (NULL: gone): {kind, id, now}. NULL when all are.
CREATE FUNCTION volrules_changed_1(p_sources jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    source jsonb;
    current jsonb;
BEGIN
    FOR source IN SELECT jsonb_array_elements(p_sources) LOOP
        current := volrules_source_1(source ->> 'kind', source ->> 'id');
        IF current IS DISTINCT FROM source -> 'read' THEN
            RETURN jsonb_build_object('kind', source ->> 'kind', 'id', source ->> 'id', 'now', current);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
