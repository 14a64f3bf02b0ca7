"""Amounts of money as people read them: with the currency's code, as in ISO 4217.

What is charged is rounded elsewhere; here nothing is lost of a price, which may be a small part of
the smallest coin.
"""

from __future__ import annotations

from decimal import Decimal

_DECIMALS = 2
_PRICE_DECIMALS_MAX = 4  # as prices are kept

# Codes of currencies that are in use, by how many decimals their coins have. Funds, metals and
# units of account are left out: nobody pays with them.
_WITH_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD
        CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
        GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD
        MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
        PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS
        TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
}
CURRENCIES = {code: count for count, codes in _WITH_DECIMALS.items() for code in codes.split()}


def money(currency: str, amount: Decimal) -> str:
    """Return "EUR 1,049.00", "EUR 0.0005", "JPY 500": up to four decimals, at least its coins'.

    A currency that is not known has two. Between the code and the number no line is broken.
    """
    whole, _, rest = f"{amount:,.{_PRICE_DECIMALS_MAX}f}".partition(".")
    rest = rest.rstrip("0").ljust(CURRENCIES.get(currency, _DECIMALS), "0")
    return f"{currency}\N{NO-BREAK SPACE}{whole}{'.' if rest else ''}{rest}"
