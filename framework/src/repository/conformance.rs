//! The contract of the port as cases: every store proves the same promises.
//!
//! A store implements [`Harness`] for a fresh, empty store of its kind and lets
//! [`conformance_tests!`](crate::conformance_tests) make a test of each case. The idea is River's, whose drivers share one
//! suite. The cases see the store only through the port; the business rows of a chunk, which the port knows nothing of,
//! are written and read by the harness.
//!
//! The name of a case is the promise. Where it begins with a number, as in `s3_44_…` or `i_7_…`, that is the number of the
//! behaviour or invariant in `docs/reference/behaviours.md`.
#![expect(clippy::unwrap_used, reason = "a case fails by panicking, as every test does")]

mod apply;
mod beat;
mod chunk;
mod data;
mod event;
mod fence;
mod fire;
pub(crate) mod fixture;
mod launch;
mod query;
mod queue;
mod restart;
mod rows;
mod run;
mod step;
mod stop;
mod take_over;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{ChunkError, ChunkTransaction, Repository};

/// A fresh store, and a table beside it for business rows.
pub trait Harness {
    /// The store. It holds nothing yet.
    fn repository(&self) -> &dyn Repository;

    /// Writes a business row through the connection of a chunk.
    ///
    /// # Errors
    /// What a writer of this store would say.
    fn write_row(&self, chunk: &mut dyn ChunkTransaction, value: &str) -> Result<(), ChunkError>;

    /// The committed business rows, in any order, as another connection sees them.
    fn rows(&self) -> Vec<String>;
}

/// A promise of the port, and its proof.
#[derive(Clone, Copy)]
pub struct Case {
    /// The promise, with underscores for spaces.
    pub name: &'static str,
    proof: Proof,
}

/// What a proof needs.
#[derive(Clone, Copy)]
enum Proof {
    Port(fn(&dyn Repository)),
    Rows(fn(&dyn Harness)),
}

impl Case {
    /// Proves the promise on a fresh store.
    ///
    /// # Panics
    /// When the store does not keep it.
    pub fn run(&self, harness: &dyn Harness) {
        match self.proof {
            Proof::Port(proof) => proof(harness.repository()),
            Proof::Rows(proof) => proof(harness),
        }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// Proves the promise called `name` on a fresh store.
///
/// # Panics
/// When the store does not keep it, or when there is no such promise.
pub fn prove(name: &str, harness: &dyn Harness) {
    let case = CASES.iter().find(|case| case.name == name);
    case.unwrap_or_else(|| panic!("there is no case {name}")).run(harness);
}

/// Proves every promise, each on a fresh store, and tells all that are not kept.
///
/// # Panics
/// When a promise is not kept.
pub fn exercise(make: &dyn Fn() -> Box<dyn Harness>) {
    let fails = |case: &&Case| catch_unwind(AssertUnwindSafe(|| case.run(&*make()))).is_err();
    let broken: Vec<_> = CASES.iter().filter(fails).map(|case| case.name).collect();
    assert!(broken.is_empty(), "{} of {} promises are not kept: {broken:#?}", broken.len(), CASES.len());
}

/// Lists the cases once, for the table and for the macro that makes tests of them.
macro_rules! cases {
    ($($file:ident: $proof:ident { $($name:ident,)+ })+) => {
        /// Every case.
        pub const CASES: &[Case] = &[$($(Case { name: stringify!($name), proof: Proof::$proof($file::$name) },)+)+];

        /// Makes a test of each case of the contract of a store. The argument makes a
        /// [`Harness`](crate::repository::conformance::Harness) around a fresh store; a module around the macro tells the
        /// tests of two stores apart.
        ///
        /// ```ignore
        /// mod memory {
        ///     overnight_framework::conformance_tests!(super::Fresh::new);
        /// }
        /// ```
        #[macro_export]
        macro_rules! conformance_tests {
            ($make:expr) => {
                $($(
                    #[test]
                    fn $name() {
                        let make = $make;
                        $crate::repository::conformance::prove(stringify!($name), &make());
                    }
                )+)+
            };
        }
    };
}

cases! {
    launch: Port {
        a_fresh_launch_is_starting_under_the_first_lease,
        a_lease_lasts_as_long_as_the_launch_asked_for,
        what_a_launch_answers_is_what_is_stored,
        everything_that_was_asked_for_is_on_the_record,
        the_first_launch_of_a_key_makes_its_instance,
        the_same_parameters_are_one_instance_and_others_another,
        the_same_key_in_another_job_or_project_is_another_instance,
        every_run_of_a_job_with_many_instances_is_an_instance_of_its_own,
        s3_44_a_second_launch_is_refused_while_the_first_lives,
        s3_44_of_eight_racing_launches_one_wins,
        s3_44_of_eight_racing_restarts_one_wins,
        a_refused_launch_writes_nothing,
        a_launch_with_an_unknown_revision_writes_nothing,
        a_process_is_recorded_with_its_first_launch,
        a_recorded_process_launches_again_under_its_id,
        a_process_that_comes_again_under_its_session_is_the_same_worker,
        every_new_process_is_another_worker,
        i_19_ids_only_grow,
    }
    restart: Port {
        a_stopped_or_failed_run_is_continued_by_a_new_execution,
        a_restart_goes_on_as_a_start_does,
        a_restart_of_what_never_ran_is_refused_and_writes_nothing,
        s3_12_every_continuation_is_a_record_of_the_same_instance,
        the_context_of_the_job_is_kept_over_a_restart,
        i_10_progress_never_falls_within_an_instance,
        a_completed_instance_takes_no_further_execution,
        an_unknown_outcome_must_be_resolved_first,
        a_job_that_is_not_restartable_gets_one_execution,
        a_job_that_is_not_restartable_has_its_first_execution,
        a_restart_may_replace_the_parameters_that_do_not_identify,
        the_text_of_a_job_is_stored_as_its_first_revision,
        the_same_text_is_the_same_revision,
        a_new_text_is_the_next_revision_and_an_old_one_stays_what_it_was,
        revisions_are_counted_for_each_job,
        a_restart_keeps_the_revision_of_its_instance,
    }
    run: Port {
        a_begun_execution_is_started_and_keeps_its_lease,
        an_execution_that_was_told_to_stop_before_it_began_stays_stopping,
        an_execution_that_never_began_cannot_complete,
        an_execution_is_begun_once,
        an_ended_execution_is_not_begun_again,
        every_legal_end_is_written,
        i_1_an_illegal_end_changes_nothing,
        only_an_end_ends_an_execution,
        i_10_no_run_but_a_completed_one_has_a_hundred_percent,
        an_end_is_final,
        s3_13_the_record_holds_the_times_and_the_result_or_the_error,
        i_5_the_end_is_dated_exactly_when_the_execution_has_ended,
        i_6_a_lease_is_there_exactly_while_the_execution_lives,
        i_13_the_times_of_a_run_are_in_their_order,
        i_21_completion_closes_the_instance_and_no_other_end_does,
        an_ended_execution_keeps_the_name_of_its_worker,
        an_ended_execution_keeps_the_order_that_ended_it,
    }
    step: Port {
        a_begun_step_is_started_under_the_address_of_its_execution,
        what_a_step_is_told_is_on_its_record,
        no_step_begins_before_its_execution,
        no_step_begins_after_its_execution,
        i_14_an_address_is_given_once,
        steps_come_in_the_order_of_their_places,
        every_legal_end_of_a_step_is_written,
        only_an_end_ends_a_step,
        the_end_of_a_step_is_final,
        the_end_of_a_step_records_what_it_did,
        the_end_of_a_step_leaves_the_checkpoint_of_its_last_chunk,
        a_step_that_wrote_no_chunk_keeps_the_checkpoint_it_went_on_from,
        what_steps_promote_gathers_in_the_context_of_the_job,
        a_step_keeps_its_context_and_outputs_to_itself,
    }
    chunk: Port {
        a_committed_chunk_moves_counters_and_checkpoint,
        each_counter_is_kept_under_its_own_name,
        chunk_after_chunk_the_last_one_stands,
        a_chunk_that_was_committed_is_not_committed_again,
        a_chunk_does_not_come_before_the_one_before_it,
        a_chunk_out_of_turn_leaves_the_lease_and_the_next_one_goes_on,
        of_eight_racing_replays_of_a_chunk_one_is_committed,
        a_dropped_chunk_leaves_no_trace,
        after_a_dropped_chunk_the_last_committed_position_stands_and_the_next_one_goes_on,
        dead_letters_are_committed_with_their_chunk,
        what_follows_a_savepoint_is_undone_by_rolling_back_to_it,
        what_follows_a_released_savepoint_is_kept,
        savepoints_nest_as_the_bisection_of_a_chunk_needs_it,
        rolling_back_to_an_outer_savepoint_undoes_what_an_inner_one_kept,
        a_rollback_releases_its_savepoint_so_that_the_name_is_free,
        of_two_savepoints_with_one_name_the_newer_is_meant,
        a_commit_brings_the_stop_that_was_requested,
        a_step_that_begins_under_a_stop_order_hears_of_it_at_its_first_chunk,
        an_ended_step_takes_no_chunk,
        a_chunk_is_the_business_of_its_own_step_alone,
        a_chunk_leaves_the_execution_and_its_log_alone,
        a_commit_renews_the_lease_exactly_when_it_says_so,
        two_executions_commit_their_chunks_at_the_same_time,
        the_chunks_of_a_new_execution_count_from_zero,
    }
    rows: Rows {
        i_8_rows_counters_and_checkpoint_are_committed_together,
        rows_are_not_seen_before_their_chunk_is_committed,
        i_8_a_dropped_chunk_leaves_no_row,
        a_replayed_chunk_writes_its_rows_once,
        i_8_the_replay_of_a_committed_chunk_leaves_no_row_and_no_letter,
        i_7_a_chunk_that_lost_its_lease_leaves_no_row,
        a_stop_order_does_not_undo_the_chunk_that_brings_it,
        a_bisected_chunk_keeps_the_good_rows_and_the_letter_of_the_bad_one,
    }
    fence: Port {
        i_7_after_a_take_over_the_old_holder_writes_nothing,
        i_7_the_new_holder_of_a_continued_run_is_not_disturbed_by_the_old_one,
        the_right_token_of_the_wrong_worker_opens_nothing,
        the_right_worker_with_another_token_opens_nothing,
        the_lease_of_something_that_does_not_exist_opens_nothing,
        the_holder_of_one_execution_cannot_write_another,
        a_lease_that_is_over_still_holds_until_somebody_takes_it,
        the_work_of_one_execution_leaves_all_others_alone,
    }
    beat: Port {
        a_beat_renews_the_lease_it_names,
        a_beat_changes_nothing_but_the_end_of_the_lease,
        a_lease_that_a_beat_leaves_out_is_not_renewed,
        the_answers_of_a_beat_come_in_the_order_of_its_leases,
        a_beat_brings_the_order_to_stop,
        an_execution_that_was_taken_over_is_not_held,
        an_execution_that_has_ended_is_not_held,
        the_lease_of_another_worker_is_not_held,
        a_worker_beats_for_itself_alone,
        another_token_is_not_held,
        a_renewed_lease_is_not_taken_for_being_over,
        a_beat_dates_its_worker,
        a_worker_without_executions_may_beat,
        a_retired_worker_renews_nothing,
        a_retired_worker_is_dead_and_its_name_stays_on_its_executions,
    }
    stop: Port {
        a_live_execution_is_stopping_with_the_order_on_its_row,
        a_starting_execution_is_stopping_too,
        an_order_leaves_the_lease_to_the_worker_that_reports,
        an_order_reaches_the_live_steps_and_no_ended_one,
        an_order_without_a_reason_is_an_order,
        a_stronger_order_replaces_a_weaker_one,
        a_weaker_or_repeated_order_changes_nothing,
        s3_38_stopping_what_is_stopped_is_no_error_and_no_change,
        what_ended_otherwise_cannot_be_stopped,
        what_does_not_exist_cannot_be_stopped,
        what_is_not_abortable_takes_no_order_of_a_person,
        what_is_not_abortable_still_times_out_and_is_interrupted,
        what_is_not_abortable_and_has_ended_says_so,
        a_stopping_execution_may_still_complete_or_fail,
    }
    take_over: Port {
        the_execution_of_a_dead_worker_fails_with_worker_lost,
        the_token_rises_and_the_lease_is_gone,
        the_live_steps_end_with_it_and_their_tokens_rise,
        an_execution_that_was_stopping_ends_as_it_was_told,
        a_timeout_that_nobody_answered_fails,
        only_the_lease_that_was_seen_is_taken,
        what_is_taken_is_not_taken_again,
        what_has_ended_is_not_taken,
        of_eight_rescuers_one_takes_it,
        a_lease_that_is_not_over_is_left_alone_when_that_was_asked_for,
        a_lease_that_is_over_is_taken_once_it_is_over_for_as_long_as_asked,
        an_instance_that_was_taken_over_is_continued,
        a_worker_that_ended_first_is_not_overruled,
    }
    query: Port {
        what_does_not_exist_is_nothing_and_no_error,
        the_clock_of_the_store_is_the_one_that_dates_its_records,
        executions_come_newest_first,
        executions_are_found_by_project_and_by_job,
        executions_are_found_by_instance,
        executions_are_found_by_the_word_that_operators_read,
        executions_come_in_pages_without_gap_or_double,
        a_limit_of_zero_is_no_limit,
        the_newest_of_a_job_is_its_newest_execution,
        an_instance_is_found_by_its_key,
        the_history_of_an_instance_sums_the_runs_of_each_step,
        the_history_of_a_step_sums_its_last_pass_and_counts_all_its_starts,
        a_pass_over_a_step_is_none_of_its_starts,
        a_live_step_is_part_of_the_history,
        the_history_is_by_key_and_not_by_place_or_name,
        the_history_of_one_instance_is_not_that_of_another,
        dead_letters_come_oldest_first_in_pages,
        dead_letters_are_kept_over_the_executions_of_their_instance,
    }
    apply: Port {
        an_applied_definition_is_a_revision_that_nobody_has_started,
        the_same_text_is_applied_without_a_new_revision,
        an_older_text_that_is_applied_again_is_its_old_revision,
        the_text_that_a_launch_has_stored_is_applied_as_its_revision,
        a_job_that_was_never_applied_has_nothing_applied,
        the_same_name_in_another_project_is_another_job,
        jobs_are_counted_by_name_with_their_revisions_and_instances,
        of_eight_that_apply_at_once_all_are_answered_and_one_stands,
    }
    queue: Port {
        what_is_put_into_the_queue_has_no_lease_and_no_worker,
        what_waits_keeps_its_instance_from_others,
        a_launch_needs_a_worker,
        a_claim_needs_a_worker,
        what_is_claimed_is_starting_under_a_lease,
        the_oldest_are_claimed_first_and_no_more_than_asked_for,
        a_claim_of_nothing_records_no_worker,
        the_queue_of_one_project_is_not_that_of_another,
        a_program_is_claimed_only_by_those_who_contain_it,
        of_eight_that_claim_at_once_each_gets_others,
        what_was_stopped_in_the_queue_is_not_claimed,
        a_run_that_goes_on_waits_again_as_a_continuation,
        a_run_that_was_told_to_stop_does_not_go_on_when_its_process_leaves,
        a_lost_run_waits_again_when_that_was_asked_for,
        a_lost_run_that_was_told_to_stop_does_not_wait_again,
        of_eight_rescuers_one_lets_it_go_on,
        i_20_the_moves_of_a_queued_run_are_in_the_log,
    }
    fire: Port {
        s3_9_a_tick_is_taken_with_its_run,
        s3_9_the_same_key_is_taken_once,
        the_same_key_of_another_trigger_is_another_fire,
        s3_9_of_eight_schedulers_one_starts_the_run,
        a_tick_without_a_run_is_recorded_with_the_reason,
        a_run_that_is_refused_is_recorded_and_no_error,
        a_fire_continues_what_failed,
        no_run_is_begun_beside_another_when_that_was_asked_for,
        s3_8_a_message_leaves_its_topic_with_its_run,
        s3_8_a_message_that_was_published_twice_starts_one_run,
        of_eight_that_take_the_messages_of_a_topic_each_is_taken_once,
        the_messages_of_a_topic_come_oldest_first_in_pages,
        s3_8_a_message_that_cannot_be_used_is_kept_and_leaves_its_topic,
        a_message_that_is_refused_again_is_kept_once,
        of_a_long_message_the_beginning_is_kept,
        a_trigger_fires_for_the_time_since_it_was_first_served,
        a_trigger_that_is_edited_or_switched_on_again_begins_anew,
        a_trigger_goes_on_after_its_newest_tick,
        triggers_are_listed_with_what_they_took_and_refused,
    }
    event: Port {
        i_20_every_move_of_a_run_is_in_the_log,
        i_20_the_moves_of_a_stopped_run_are_in_the_log,
        i_20_the_moves_of_a_run_that_was_taken_over_are_in_the_log,
        i_20_a_stop_before_the_beginning_is_in_the_log,
        a_launch_is_logged_under_the_name_of_who_asked_for_it,
        a_stop_order_is_logged_with_who_gave_it_and_why,
        a_stronger_order_is_logged_too,
        a_take_over_is_logged_with_who_did_it_and_how_it_knew,
        every_entry_names_an_actor_and_what_happened,
        the_log_is_in_the_order_of_its_ids_and_times,
        what_is_refused_is_not_in_the_log,
    }
    data: Port {
        the_documents_of_an_execution_are_kept_to_the_letter,
        the_documents_of_a_step_are_kept_to_the_letter,
        a_checkpoint_may_be_any_json,
        the_payload_of_a_dead_letter_is_kept_to_the_byte,
        text_is_kept_to_the_letter,
        a_nul_in_plain_text_is_kept_as_the_replacement_character,
        large_values_are_kept_whole,
        nothing_and_the_empty_text_are_not_the_same,
    }
}
