//! The closing of a day: interest and value of each account, the postings of the bank, and what must hold for all of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use overnight::error::Result;
use rust_decimal::Decimal;

use crate::input::{Account, Rates};
use crate::money::{half_even, product, rule, sum, unit};
use crate::store::Turnover;

/// An account at the end of the day.
#[derive(Debug)]
pub(crate) struct Closing {
    pub(crate) account: Account,
    pub(crate) transactions: i64,
    pub(crate) turnover: i64,
    pub(crate) interest: i64,
    pub(crate) closing: i64,
    pub(crate) rate: Option<(NaiveDate, Decimal)>,
    pub(crate) movement_eur: i64,
    pub(crate) unrealised_eur: i64,
    pub(crate) closing_eur: i64,
}

impl Closing {
    pub(crate) fn of(account: &Account, turned: Turnover, rates: &Rates) -> Result<Self> {
        let Account { currency, percent, interest_days, opening, opening_eur, .. } = account;
        let turnover = sum([turned.debits, turned.credits])?;
        let yearly = product([(*opening).into(), *percent, (*interest_days).into()])?;
        let interest = half_even(yearly, (100 * account.year()).into())?;
        let movement = sum([turnover, interest])?;
        let closing = sum([*opening, movement])?;
        let rate = rates.get(currency).copied();
        let (closing_eur, movement_eur) = match rate {
            None => (*opening_eur, 0),
            Some((_, rate)) => {
                let cents_at = product([rate, unit(currency).into()])?;
                let in_cents = |minor: i64| half_even(product([minor.into(), Decimal::ONE_HUNDRED])?, cents_at);
                (in_cents(closing)?, in_cents(movement)?)
            }
        };
        let unrealised_eur = sum([closing_eur, -*opening_eur, -movement_eur])?;
        Ok(Self {
            account: account.clone(),
            transactions: turned.transactions,
            turnover,
            interest,
            closing,
            rate,
            movement_eur,
            unrealised_eur,
            closing_eur,
        })
    }
}

/// The postings in a currency.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Postings {
    pub(crate) count: i64,
    pub(crate) debits: i64,
    pub(crate) credits: i64,
}

/// All postings of the day, added up by currency.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) postings: BTreeMap<String, Postings>,
}

impl Ledger {
    /// The transactions, the results of the accounts, and the bank's own counter-entries. Those come from what was sent and from
    /// the closed accounts, never from the postings they answer: a transaction that was lost leaves a difference.
    pub(crate) fn of(
        closings: &[Closing],
        turnovers: &BTreeMap<i64, Turnover>,
        control: &BTreeMap<String, (i64, i64)>,
    ) -> Result<Self> {
        let mut ledger = Self::default();
        let mut interest: BTreeMap<&str, i64> = BTreeMap::new();
        for Closing { account, interest: earned, unrealised_eur, .. } in closings {
            let turned = turnovers.get(&account.number).copied().unwrap_or_default();
            ledger.add(&account.currency, turned.transactions, turned.debits, turned.credits)?;
            ledger.post(&account.currency, *earned)?;
            ledger.post("EUR", *unrealised_eur)?;
            let total = interest.entry(&account.currency).or_default();
            *total = sum([*total, *earned])?;
        }
        let unrealised = sum(closings.iter().map(|closing| closing.unrealised_eur))?;
        let sent = control.iter().map(|(currency, (_, amount))| (currency.as_str(), *amount));
        for (currency, total) in sent.chain(interest).chain([("EUR", unrealised)]) {
            ledger.post(currency, -total)?;
        }
        Ok(ledger)
    }

    /// One posting, unless it is of nothing.
    fn post(&mut self, currency: &str, minor: i64) -> Result<()> {
        match minor {
            0 => Ok(()),
            minor => self.add(currency, 1, minor.min(0), minor.max(0)),
        }
    }

    fn add(&mut self, currency: &str, count: i64, debits: i64, credits: i64) -> Result<()> {
        if count > 0 {
            let all = self.postings.entry(currency.to_owned()).or_default();
            let debits = sum([all.debits, debits])?;
            *all = Postings { count: all.count + count, debits, credits: sum([all.credits, credits])? };
        }
        Ok(())
    }
}

/// A line of the totals.
#[derive(Debug)]
pub(crate) struct Total {
    pub(crate) currency: String,
    pub(crate) accounts: usize,
    pub(crate) transactions: i64,
    /// Opening, turnover, interest and closing.
    pub(crate) own: [i64; 4],
    /// The same in euro: opening, movement, unrealised and closing.
    pub(crate) euro: [i64; 4],
    pub(crate) postings: Postings,
}

/// The totals of every currency. The day is closed only if they agree with each other and with what was sent.
pub(crate) fn totals(
    closings: &[Closing],
    ledger: &Ledger,
    control: &BTreeMap<String, (i64, i64)>,
) -> Result<Vec<Total>> {
    let held = closings.iter().map(|closing| &closing.account.currency);
    let currencies: BTreeSet<&String> = held.chain(control.keys()).chain(ledger.postings.keys()).collect();
    currencies.into_iter().map(|currency| total(currency, closings, ledger, control)).collect()
}

fn total(
    currency: &str,
    closings: &[Closing],
    ledger: &Ledger,
    control: &BTreeMap<String, (i64, i64)>,
) -> Result<Total> {
    let held: Vec<_> = closings.iter().filter(|closing| closing.account.currency == currency).collect();
    let all = |value: fn(&Closing) -> i64| sum(held.iter().map(|closing| value(closing)));
    let transactions = all(|closing| closing.transactions)?;
    let own = [
        all(|closing| closing.account.opening)?,
        all(|closing| closing.turnover)?,
        all(|closing| closing.interest)?,
        all(|closing| closing.closing)?,
    ];
    let euro = [
        all(|closing| closing.account.opening_eur)?,
        all(|closing| closing.movement_eur)?,
        all(|closing| closing.unrealised_eur)?,
        all(|closing| closing.closing_eur)?,
    ];
    let postings = ledger.postings.get(currency).copied().unwrap_or_default();
    let difference = sum([postings.debits, postings.credits])?;
    rule(difference == 0, || format!("the postings in {currency} do not sum to zero: {difference}"))?;
    let sent = control.get(currency).copied().unwrap_or_default();
    rule((transactions, own[1]) == sent, || format!("the transactions in {currency} are not those of control.csv"))?;
    for [opening, first, second, closing] in [own, euro] {
        rule(sum([opening, first, second])? == closing, || format!("the accounts in {currency} do not add up"))?;
    }
    Ok(Total { currency: currency.to_owned(), accounts: held.len(), transactions, own, euro, postings })
}
