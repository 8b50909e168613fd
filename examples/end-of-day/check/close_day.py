#!/usr/bin/env python3
"""Closes an accounting day by the rules of ../README.md, in a way that shares nothing with the job.

    close_day.py --date 2026-04-06 --write expected     writes expected/2026-04-06/{report,totals}.csv
    close_day.py --date 2026-04-06 --compare out        compares them with out/2026-04-06/, byte by byte

`--data FOLDER` names the input, by default the folder `data` of the example. Exit code 0: done, or equal. 1: the bytes
differ, and where. 2: the command line. 3: the input breaks a rule, and which.
"""

import argparse
import csv
import hashlib
import re
import sys
from collections import defaultdict
from datetime import date
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent.parent
FILES = ["../rates.csv", "accounts.csv", "control.csv", "transactions.csv"]
WITHOUT_MINOR_UNITS = {"ISK", "JPY", "KRW"}
YEAR = {"ACT/365": 365, "ACT/360": 360, "30E/360": 360}
CLEARING, INTEREST, VALUATION, RESULT = 100, 200, 300, 400

# Arithmetic is exact or an error: nothing rounds but `half_even`.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])


class Refused(Exception):
    """The input breaks a rule."""


def rule(holds, message):
    if not holds:
        raise Refused(message)


# --- numbers and days ---------------------------------------------------------------------------------------------


def decimal(text):
    rule(re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text), f"{text!r} is no decimal")
    rule(sum(map(str.isdigit, text)) <= 28, f"{text!r} has more than 28 digits")
    return Decimal(text)


def integer(text):
    rule(re.fullmatch(r"[+-]?[0-9]+", text), f"{text!r} is no integer")
    rule(sum(map(str.isdigit, text)) <= 28 and -(2**63) <= int(text) < 2**63, f"{text!r} is no integer of 64 bits")
    return int(text)


def day(text):
    rule(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text), f"{text!r} is no date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is no date") from None


def places(currency):
    return 0 if currency in WITHOUT_MINOR_UNITS else 2


def unit(currency):
    return 10 ** places(currency)


def minor(amount, currency, limit=10**15):
    whole = amount * unit(currency)
    rule(whole == whole.to_integral_value(), f"{amount} {currency} is no whole number of minor units")
    rule(abs(whole) < limit, f"{amount} {currency} is beyond the limit")
    return int(whole)


def half_even(numerator, denominator):
    """The integer nearest to the quotient; of two equally near ones the even one. The denominator is positive."""
    quotient, rest = divmod(numerator, denominator)  # exact, and towards zero
    twice = 2 * abs(rest)
    if twice > denominator or (twice == denominator and quotient % 2 != 0):
        quotient += 1 if numerator > 0 else -1
    return int(quotient)


def has_places(number, digits):
    return -number.normalize().as_tuple().exponent <= digits


def fixed(number, digits):
    return f"{number.quantize(Decimal(1).scaleb(-digits)):f}"


def amount_text(value, currency):
    return fixed(Decimal(value) / unit(currency), places(currency))


def days360(first, last):
    def count(d):
        return d.year * 360 + d.month * 30 + min(d.day, 30)

    return count(last) - count(first)


# --- input --------------------------------------------------------------------------------------------------------


def verify(folder):
    lines = (folder / "SHA256SUMS").read_text("ascii", "replace").splitlines()
    rule([line[66:] for line in lines] == FILES, "SHA256SUMS does not list the four files")
    for line in lines:
        actual = hashlib.sha256((folder / line[66:]).read_bytes()).hexdigest()
        rule(line[:66] == f"{actual}  ", f"{line[66:]} is not the file that was sent")


def rows(path, *columns):
    """The lines of a file that has these columns, by the names of its header."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file, strict=True)
        try:
            for column in columns:
                rule(column in (lines.fieldnames or []), f"{path.name} has no column {column}")
            for row in lines:
                same = None not in row and None not in row.values()
                rule(same, f"{path.name}:{lines.line_num}: not as many cells as the header has")
                yield row
        except UnicodeDecodeError:
            raise Refused(f"{path.name} is not UTF-8") from None
        except csv.Error as error:
            raise Refused(f"{path.name}, behind line {lines.line_num}: {error}") from None


def latest_rates(path, business_date):
    """For each currency the newest rate of the day and of the ten days before it, with its day."""
    quotes = {}
    for row in rows(path, "Date"):
        quoted = day(row.pop("Date"))
        if not 0 <= (business_date - quoted).days <= 10:
            continue
        for currency, cell in row.items():
            if currency and cell != "N/A" and (currency not in quotes or quotes[currency][0] < quoted):
                quotes[currency] = (quoted, cell)
    rule(quotes, "rates.csv has no quote of the last ten days")
    rates = {currency: (quoted, decimal(cell)) for currency, (quoted, cell) in quotes.items()}
    for currency, (_, rate) in rates.items():
        rule(0 < rate < 10**9 and has_places(rate, 6), f"{rate} is no rate for {currency}")
    return {"EUR": (business_date, Decimal(1)), **rates}


ACCOUNT = "account_no holder currency day_count credit_percent debit_percent balance_date balance balance_eur".split()
TRANSACTION = "tx_id account_no booked_on currency amount memo".split()
CONTROL = "currency transactions amount".split()


def accounts(path, business_date):
    found = {}
    for row in rows(path, *ACCOUNT):
        number, currency, since = integer(row["account_no"]), row["currency"], day(row["balance_date"])
        percents = [decimal(row["credit_percent"]), decimal(row["debit_percent"])]
        name = f"account {number}"
        rule(number >= 1000, f"{name} is an internal account")
        rule(number not in found, f"{name} is there twice")
        rule(row["holder"] != "", f"{name} has no holder")
        rule(re.fullmatch("[A-Z]{3}", currency), f"{name}: {currency!r} is no currency")
        rule(row["day_count"] in YEAR, f"{name}: {row['day_count']!r} is no day count")
        rule(all(abs(p) <= 100 and has_places(p, 4) for p in percents), f"{name}: no such interest")
        rule(0 < (business_date - since).days <= 36525, f"{name}: balance of {since}")
        opening, opening_eur = minor(decimal(row["balance"]), currency), minor(decimal(row["balance_eur"]), "EUR")
        rule(currency != "EUR" or opening == opening_eur, f"{name}: euro with another value in euro")
        found[number] = {
            "account_no": number,
            "holder": row["holder"],
            "currency": currency,
            "day_count": row["day_count"],
            "interest_days": days360(since, business_date)
            if row["day_count"] == "30E/360"
            else (business_date - since).days,
            "percent": percents[opening < 0],
            "opening": opening,
            "opening_eur": opening_eur,
            "transactions": 0,
            "turnover": 0,
        }
    return found


class Ledger:
    """Postings per currency: how many, and the sums of the negative and of the positive ones."""

    def __init__(self):
        self.count, self.debits, self.credits = defaultdict(int), defaultdict(int), defaultdict(int)

    def post(self, currency, value):
        self.count[currency] += 1
        if value < 0:
            self.debits[currency] += value
        else:
            self.credits[currency] += value


def post_transactions(path, book, business_date, ledger):
    last = set()
    for row in rows(path, *TRANSACTION):
        number, currency = integer(row["tx_id"]), row["currency"]
        account = book.get(integer(row["account_no"]))
        name = f"transaction {number}"
        rule(number >= 1, f"there is no {name}")
        rule(number not in last, f"{name} is there twice")
        rule(day(row["booked_on"]) == business_date, f"{name} is of {row['booked_on']}")
        rule(account and account["currency"] == currency, f"{name}: account {row['account_no']} has no {currency}")
        last.add(number)
        value = minor(decimal(row["amount"]), currency)
        account["transactions"] += 1
        account["turnover"] += value
        ledger.post(currency, value)


# --- the day ------------------------------------------------------------------------------------------------------


def close(account, rates):
    currency = account["currency"]
    account["interest"] = half_even(
        account["opening"] * account["percent"] * account["interest_days"], Decimal(100 * YEAR[account["day_count"]])
    )
    movement = account["turnover"] + account["interest"]
    account["closing"] = account["opening"] + movement
    account["rate_date"], account["rate"] = rates.get(currency, (None, None))
    if account["rate"] is None:
        account["closing_eur"], account["movement_eur"] = account["opening_eur"], 0
    else:
        cents_at = account["rate"] * unit(currency)
        account["closing_eur"] = half_even(Decimal(account["closing"] * 100), cents_at)
        account["movement_eur"] = half_even(Decimal(movement * 100), cents_at)
    account["unrealised_eur"] = account["closing_eur"] - account["opening_eur"] - account["movement_eur"]


def post_results(book, control, ledger):
    interest, unrealised = defaultdict(int), 0
    for account in book.values():
        if account["interest"] != 0:
            ledger.post(account["currency"], account["interest"])
            interest[account["currency"]] += account["interest"]
        if account["unrealised_eur"] != 0:
            ledger.post("EUR", account["unrealised_eur"])
            unrealised += account["unrealised_eur"]
    totals = [(currency, value) for currency, (_, value) in control.items()]
    for currency, total in [*totals, *interest.items(), ("EUR", unrealised)]:
        if total != 0:
            ledger.post(currency, -total)


REPORT = (
    "business_date account_no holder currency day_count interest_days percent opening transactions turnover interest "
    "closing rate rate_date opening_eur movement_eur unrealised_eur closing_eur"
).split()
OWN, EURO = ["opening", "turnover", "interest", "closing"], [name for name in REPORT if name.endswith("_eur")]
TOTALS = ["business_date", "currency", "accounts", "transactions", *OWN, *EURO, "postings", "debits", "credits"]


def report(book, business_date):
    for number in sorted(book):
        account = {**book[number], "business_date": business_date}
        rate = account["rate"]
        account["percent"] = fixed(account["percent"], 4)
        account["rate"], account["rate_date"] = (fixed(rate, 6), account["rate_date"]) if rate else ("", "")
        for name in OWN:
            account[name] = amount_text(account[name], account["currency"])
        for name in EURO:
            account[name] = amount_text(account[name], "EUR")
        yield [account[name] for name in REPORT]


def totals(book, control, ledger, business_date):
    for currency in sorted({*ledger.count, *control, *(account["currency"] for account in book.values())}):
        held = [account for account in book.values() if account["currency"] == currency]
        sums = {name: sum(account[name] for account in held) for name in ["transactions", *OWN, *EURO]}
        debits, credits = ledger.debits[currency], ledger.credits[currency]
        rule(debits + credits == 0, f"the postings in {currency} do not sum to zero: {debits + credits}")
        rule(
            (sums["transactions"], sums["turnover"]) == control.get(currency, (0, 0)),
            f"the transactions in {currency} are not those of control.csv",
        )
        yield [
            business_date,
            currency,
            len(held),
            sums["transactions"],
            *(amount_text(sums[name], currency) for name in OWN),
            *(amount_text(sums[name], "EUR") for name in EURO),
            ledger.count[currency],
            amount_text(debits, currency),
            amount_text(credits, currency),
        ]


def close_day(data, business_date):
    folder = data / business_date.isoformat()
    verify(folder)
    rates = latest_rates(folder / "../rates.csv", business_date)
    book, ledger, control = accounts(folder / "accounts.csv", business_date), Ledger(), {}
    for row in rows(folder / "control.csv", *CONTROL):
        currency = row["currency"]
        rule(re.fullmatch("[A-Z]{3}", currency), f"control.csv: {currency!r} is no currency")
        rule(currency not in control, f"control.csv: {currency} is there twice")
        control[currency] = (integer(row["transactions"]), minor(decimal(row["amount"]), currency, 2**63))
    post_transactions(folder / "transactions.csv", book, business_date, ledger)
    for account in book.values():
        close(account, rates)
    post_results(book, control, ledger)
    return {
        "report.csv": file_bytes(REPORT, report(book, business_date)),
        "totals.csv": file_bytes(TOTALS, totals(book, control, ledger, business_date)),
    }


# --- output -------------------------------------------------------------------------------------------------------


def cell(value):
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if re.search('[,"\r\n]', text) else text


def file_bytes(header, lines):
    return "".join(",".join(map(cell, line)) + "\n" for line in [header, *lines]).encode("utf-8")


def difference(expected, actual):
    ours, theirs = expected.split(b"\n"), actual.split(b"\n")
    at = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), min(len(ours), len(theirs)))
    shown = [lines[at].decode("utf-8", "replace") if at < len(lines) else "(the end)" for lines in (ours, theirs)]
    return f"line {at + 1} differs\n  expected {shown[0]}\n  found    {shown[1]}"


def compare(folder, files):
    equal = True
    for name, expected in files.items():
        actual = (folder / name).read_bytes()
        if actual != expected:
            equal = False
            print(f"{folder / name}: {difference(expected, actual)}", file=sys.stderr)
    return equal


def main():
    parser = argparse.ArgumentParser(description="Closes an accounting day by the rules of README.md.")
    parser.add_argument("--date", required=True, type=date.fromisoformat)
    parser.add_argument("--data", type=Path, default=EXAMPLE / "data")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path, metavar="FOLDER")
    action.add_argument("--compare", type=Path, metavar="FOLDER")
    chosen = parser.parse_args()
    try:
        with localcontext(EXACT):
            files = close_day(chosen.data, chosen.date)
        folder = (chosen.write or chosen.compare) / chosen.date.isoformat()
        if chosen.compare:
            return 0 if compare(folder, files) else 1
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        return 0
    except ArithmeticError as error:
        print(f"close_day.py: a number does not fit: {error!r}", file=sys.stderr)
        return 3
    except (Refused, OSError) as error:
        print(f"close_day.py: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
