"""Write data/samples anew: python -m tests.formats.samples.

What the package exports comes from a small run; variants that it only reads are written here from
the fields that their sources name.
"""

from __future__ import annotations

import codecs
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from anywhere_sim.formats import export_run
from anywhere_sim.scenario.shipped import data_folder
from tests.statements.pairs import small
from tests.support import simulate

SHOWN = {"rca": 60, "perfmon": 40, "openmetrics": 0}
"""Lines that are kept of a file; 0: one sample in forty."""
PROXY = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,"
    "Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,"
    "AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,"
    "HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,RequestBytes,"
    "ResponseBytes,TotalRequestTime,UrlQuery,GenericInfo,GenericErrors"
)
MAPI = (
    "DateTime,RequestId,MapiRequestId,ClientRequestId,RequestType,HttpStatusCode,ResponseCode,"
    "StatusCode,ReturnCode,TotalRequestLatency,MailboxId,ClientIP,SourceCafeServer,"
    "SessionCookie,SequenceCookie,MapiClientInfo,ClientSoftware,ClientSoftwareVersion,"
    "ClientMode,AuthenticatedUser,RopIds,OperationSpecific,GenericInfo,GenericErrors"
)
IIS_2013 = (
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Cookie) sc-status sc-substatus sc-win32-status time-taken"
)
COOKIE = 'OutlookSession="{4A7C}+Outlook=15.0.4701.1000+OS=6.2.9200+CPUArchitecture=9"'


def proxy_line(at: str, protocol: str, stem: str, user: str, status: int, method: str,
               sent: int, got: int, took: int, query: str, errors: str = "") -> str:  # fmt: skip
    return (
        f"2013-11-04T{at}Z,7f01,15,0,1076,9,,{protocol},mail.sim.example,{stem},,Negotiate,"
        f"{bool(user)},{user},,,MSRPC,10.1.0.8,EX1,{status},{status},,{method},Proxy,"
        f"ex1.sim.example,{sent},{got},{took},{query},,{errors}"
    )


def mapi_line(at: str, kind: str, took: int, operations: str = "") -> str:
    return (
        f"2016-08-16T{at}Z,7f02,m1,,{kind},200,0,0,0,{took},,10.1.0.8,EX1,S7,1,,OUTLOOK.EXE,"
        f"16.0.4266.1001,Classic,sim\\ann,,{operations},,"
    )


def iis_line(at: str, method: str, user: str, status: str, took: int, number: int) -> str:
    query = f"0a1b2c@sim.example:6001&CorrelationID=<empty>;&ClientId=AQ&RequestId={number};"
    return (
        f"2013-11-04 {at} 10.0.0.1 {method} /rpc/rpcproxy.dll {query} 443 {user} 10.1.0.8 MSRPC "
        f"{COOKIE} {status} {took}"
    )


STEM = "/rpc/rpcproxy.dll"
VARIANTS = {
    "iis/u_ex131104.log": (
        "#Software: Microsoft Internet Information Services 8.0", IIS_2013,
        iis_line("09:00:00", "RPC_IN_DATA", "-", "401 2 5", 3, 1),
        iis_line("09:05:00", "RPC_IN_DATA", "SIM\\ann", "200 0 64", 300000, 2),
        iis_line("09:05:01", "RPC_OUT_DATA", "SIM\\ann", "200 0 64", 300100, 3),
        iis_line("09:06:00", "RPC_IN_DATA", "SIM\\HealthMailbox01", "200 0 0", 40, 4),
        iis_line("09:07:00", "RPC_OUT_DATA", "SIM\\bob", "401 1 1326", 15, 5),
        iis_line("09:07:02", "GET", "SIM\\bob", "200 0 0", 15, 6),
    ),
    "http-proxy/HttpProxy_2013110409-1.LOG": (
        PROXY, "#Software: Microsoft Exchange Server", "#Version: 15.00.1076.009",
        "#Log-type: HttpProxy Logs", "#Date: 2013-11-04T09:00:00.130Z", f"#Fields: {PROXY}",
        proxy_line("09:05:00.100", "RpcHttp", STEM, "", 401, "RPC_IN_DATA", 0, 0, 2, "?ex1:6001"),
        proxy_line("09:05:00.500", "RpcHttp", STEM, "sim\\ann", 200, "RPC_IN_DATA", 9000, 0, 60000,
                   "?ex1:6001"),
        proxy_line("09:05:00.510", "RpcHttp", STEM, "sim\\ann", 200, "RPC_OUT_DATA", 76, 80000,
                   60010, "?ex1:6001"),
        proxy_line("09:06:00.000", "Mapi", "/mapi/emsmdb/", "sim\\bob", 200, "POST", 300, 900, 15,
                   ""),
        proxy_line("09:06:09.000", "RpcHttp", STEM, "sim\\bob", 503, "RPC_IN_DATA", 0, 0, 4,
                   "?ex1:6001", '"busy, try later"'),
    ),
    "mapi/MapiHttp_2016081619-1.LOG": (
        "#Software: Microsoft Exchange Server", "#Log-type: MapiHttp Logs", f"#Fields: {MAPI}",
        mapi_line("19:46:00.000", "Connect", 20), mapi_line("19:46:01.000", "Execute", 30,
                                                            ">OpenMessage; >Release"),
        mapi_line("19:46:59.000", "NotificationWait", 58000),
        mapi_line("19:47:00.000", "Disconnect", 1),
    ),
    "perfmon/german.csv": (
        '"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)";'
        r'"\\EX1\Prozessor(_Total)\Prozessorzeit (%)";"\\EX1\MSExchangeIS\RPC Requests";'
        r'"\\EX2\RPC/HTTP Proxy\Current Number of Unique Users"',
        '"03/04/2026 09:00:00.123";" ";"4";"7"', '"03/04/2026 09:00:15.123";"12,5";"3";"8"',
    ),
}  # fmt: skip

_KEY = "HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\12.0\\Outlook"
_GLOBAL = (
    "HKEY_CURRENT_USER\\Software\\Microsoft\\Windows NT\\CurrentVersion"
    "\\Windows Messaging Subsystem\\Profiles\\Outlook\\13dbb0c8aa05101a9bb000aa002fc45a"
)
PROFILES = {
    "profile/outlook2003.prf": ("ascii", (
        "; Outlook 2003, RPC over HTTP first on slow networks", "[General]", "Custom=1",
        "ProfileName=Outlook", "[Service List]", "ServiceEGS=Exchange Global Section",
        "Service1=Microsoft Exchange Server", "[ServiceEGS]", "MailboxName=%UserName%",
        "HomeServer=mbx1", "RPCoverHTTPflags=0x23", "RPCProxyServer=mail.sim.example",
        "RPCProxyPrincipalName=msstd:mail.sim.example", "RPCProxyAuthScheme=0x2",
        "CachedExchangeConfigFlags=0x100", "[Exchange Global Section]",
        "SectionGUID=13dbb0c8aa05101a9bb000aa002fc45a", "MailboxName=PT_STRING8,0x6607",
        "HomeServer=PT_STRING8,0x6608", "RPCoverHTTPflags=PT_LONG,0x6623",
        "RPCProxyServer=PT_UNICODE,0x6622", "RPCProxyPrincipalName=PT_UNICODE,0x6625",
        "RPCProxyAuthScheme=PT_LONG,0x6627", "CachedExchangeConfigFlags=PT_LONG,0x6629",
    )),
    "profile/outlook2007.reg": ("utf-16", (
        "Windows Registry Editor Version 5.00", "", f"[{_KEY}\\RPC]",
        '"ConnectTimeout"=dword:000493e0', '"RFRTimeout"=dword:000493e0',
        '"ConnManagerPoll"=dword:0000001e', '"DisableRpcTcpFallback"=dword:00000001', "",
        f"[{_KEY}\\Cached Mode]", '"Download"=dword:00000001', '"Upload"=dword:00000001',
        '"Maximum"=dword:00000001', "", f"[{_GLOBAL}]", '"00036623"=hex:2b,00,\\', "  00,00",
        '"001f6625"=hex:6d,00,73,00,73,00,74,00,64,00,3a,00,6d,00,61,00,69,00,6c,00,\\',
        "  2e,00,73,00,69,00,6d,00,2e,00,65,00,78,00,61,00,6d,00,70,00,6c,00,65,00,00,\\", "  00",
        '"00036627"=hex:01,00,00,00', '"00036601"=hex:04,00,00,00', "",
        "[-HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\11.0]",
    )),
    "profile/timers.reg": ("cp1252", (
        "REGEDIT4", "",
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\RPC]",
        '"MinimumConnectionTimeout"=dword:00000078', "",
        "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters]",
        '"KeepAliveTime"=dword:000493e0', '"Domain"="büro.sim.example"', "",
        "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Dnscache\\Parameters]",
        '"MaxNegativeCacheTtl"=dword:00000000', '"MaxCacheTtl"=dword:00000e10',
        '"Unknown"=hex(7):61,00,00',
    )),
}  # fmt: skip
"""By file: encoding (utf-16 with its mark) and lines."""


def main() -> None:
    """Write the samples."""
    scenario = small(
        places__here__kind="dsl",
        groups__people__mailboxes=2,
        groups__people__mode="online",
        end="08:30",
        record_rpcs=True,
        events=[{"at": "08:20", "do": "crash", "server": "fe1", "for_s": 60}],
    )
    run, target = simulate(scenario, 3), data_folder() / "samples"
    shutil.rmtree(target, ignore_errors=True)
    for form in ("iis", "httperr", "rca", "perfmon", "openmetrics"):
        (target / form).mkdir(parents=True)
        with TemporaryDirectory() as folder:
            export_run(run, form, Path(folder) / "out")
            for path in (Path(folder) / "out").rglob("*.*"):
                lines = path.read_bytes().splitlines(keepends=True)
                kept = lines[: SHOWN[form]] if SHOWN.get(form) else lines
                if SHOWN.get(form) == 0:
                    kept = [each for number, each in enumerate(lines)
                            if each.startswith(b"#") or number % 40 == 0]  # fmt: skip
                (target / form / path.name).write_bytes(b"".join(kept))
    for name, lines in VARIANTS.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_bytes("".join(f"{line}\r\n" for line in lines).encode())
    (target / "profile").mkdir()
    for name, (encoding, lines) in PROFILES.items():
        text = "".join(f"{line}\r\n" for line in lines)
        mark = codecs.BOM_UTF16_LE if encoding == "utf-16" else b""
        wide = "utf-16-le" if encoding == "utf-16" else encoding
        (target / name).write_bytes(mark + text.encode(wide))


if __name__ == "__main__":
    main()
