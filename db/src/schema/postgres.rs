//! The tables in PostgreSQL, as the migrations make them: a test compares the two.

diesel::table! {
    overnight.job_definition (id) {
        id -> BigInt,
        project -> Text,
        name -> Text,
        revision -> Integer,
        yaml -> Text,
        sha256 -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    overnight.job_instance (id) {
        id -> BigInt,
        project -> Text,
        job_name -> Text,
        job_key -> Text,
        generation -> Integer,
        params -> Text,
        created_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        closed_why -> Nullable<Text>,
    }
}

diesel::table! {
    overnight.worker (id) {
        id -> BigInt,
        name -> Text,
        session -> Text,
        host -> Text,
        pid -> BigInt,
        lock_path -> Nullable<Text>,
        build -> Text,
        birth_at -> Timestamptz,
        last_heartbeat -> Timestamptz,
        death_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    overnight.status_transition (from_status, to_status) {
        from_status -> Text,
        to_status -> Text,
    }
}

diesel::table! {
    overnight.job_execution (id) {
        id -> BigInt,
        instance_id -> BigInt,
        definition_id -> Nullable<BigInt>,
        project -> Text,
        module -> Text,
        job_name -> Text,
        target -> Text,
        params -> Json,
        labels -> Json,
        base_dir -> Nullable<Text>,
        status -> Text,
        exit_code -> Text,
        exit_message -> Nullable<Text>,
        result -> Nullable<Json>,
        error -> Nullable<Json>,
        context -> Json,
        abortable -> Bool,
        trigger_kind -> Text,
        triggered_by -> Text,
        previous_id -> Nullable<BigInt>,
        attempt -> Integer,
        worker_id -> Nullable<BigInt>,
        worker_name -> Nullable<Text>,
        lease_token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
        stop_intent -> Nullable<Text>,
        stop_by -> Nullable<Text>,
        reason -> Nullable<Text>,
        progress_percent -> SmallInt,
        created_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    overnight.step_execution (id) {
        id -> BigInt,
        job_execution_id -> BigInt,
        ordinal -> Integer,
        path -> Text,
        step_key -> Text,
        step_name -> Text,
        kind -> Text,
        dest -> Text,
        status -> Text,
        exit_code -> Text,
        error -> Nullable<Json>,
        worker_id -> Nullable<BigInt>,
        lease_token -> BigInt,
        stop_intent -> Nullable<Text>,
        read_count -> BigInt,
        write_count -> BigInt,
        filter_count -> BigInt,
        read_skip_count -> BigInt,
        process_skip_count -> BigInt,
        write_skip_count -> BigInt,
        commit_count -> BigInt,
        rollback_count -> BigInt,
        retry_count -> BigInt,
        progress_total -> Nullable<BigInt>,
        checkpoint -> Nullable<Json>,
        context -> Json,
        outputs -> Json,
        created_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    overnight.event (id) {
        id -> BigInt,
        execution_id -> BigInt,
        path -> Nullable<Text>,
        at -> Timestamptz,
        actor -> Text,
        name -> Text,
        from_status -> Nullable<Text>,
        to_status -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    overnight.dead_letter (id) {
        id -> BigInt,
        instance_id -> BigInt,
        step_execution_id -> BigInt,
        step_key -> Text,
        phase -> Text,
        position -> Json,
        payload -> Binary,
        payload_kind -> Text,
        error_name -> Text,
        error -> Json,
        state -> Text,
        created_at -> Timestamptz,
    }
}

diesel::joinable!(job_execution -> job_instance (instance_id));
diesel::joinable!(step_execution -> job_execution (job_execution_id));
diesel::allow_tables_to_appear_in_same_query!(job_execution, job_instance, step_execution);

diesel::table! {
    overnight.applied_job (project, name) {
        project -> Text,
        name -> Text,
        definition_id -> BigInt,
        base_dir -> Nullable<Text>,
        applied_at -> Timestamptz,
        applied_by -> Text,
    }
}

diesel::table! {
    overnight.trigger (project, job_name, name) {
        project -> Text,
        job_name -> Text,
        name -> Text,
        enabled -> Bool,
        source -> Text,
        since -> Timestamptz,
    }
}

diesel::table! {
    overnight.trigger_fire (id) {
        id -> BigInt,
        project -> Text,
        job_name -> Text,
        trigger_name -> Text,
        fire_key -> Text,
        scheduled_at -> Nullable<Timestamptz>,
        outcome -> Text,
        execution_id -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    overnight.trigger_reject (id) {
        id -> BigInt,
        project -> Text,
        job_name -> Text,
        trigger_name -> Text,
        message_key -> Nullable<Text>,
        payload -> Text,
        reason -> Text,
        path -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    overnight.inbox_message (id) {
        id -> BigInt,
        project -> Text,
        topic -> Text,
        message_key -> Text,
        body -> Text,
        created_at -> Timestamptz,
    }
}

// The list of migrations, made before the first of them.
diesel::table! {
    overnight.schema_migration (version) {
        version -> Integer,
        name -> Text,
        applied_at -> Timestamptz,
    }
}

// What is run is looked at together with whether it is a file.
diesel::allow_tables_to_appear_in_same_query!(job_execution, job_definition);
