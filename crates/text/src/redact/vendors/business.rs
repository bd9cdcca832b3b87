//! Messages, payments and what offices work with: keys by how they begin or what stands in them.
//!
//! A row is a kind: its name, its patterns (see `pattern`), an example that must be caught and a look-alike that must be
//! left. In an example every blank is left out, so that those who scan source code for keys find none here.

use crate::redact::rule::kinds;

kinds! { BUSINESS
    "webhook url": "hooks.slack.com/>{p16+}" "hooks.slack-gov.com/>{p16+}" "discord.com/api/webhooks/>{p16+}"
        "discordapp.com/api/webhooks/>{p16+}" "webhook.office.com/>{p16+}" "outlook.office.com/webhook/>{p16+}"
        "hooks.zapier.com/hooks/catch/>{p8+}" "hooks.zapier.com/hooks/standard/>{p8+}" "api.telegram.org/bot>{p16+}"
        "events.pagerduty.com/integration/>{p16+}" "alert.victorops.com/integrations/>{p16+}"
        "maker.ifttt.com/trigger/>{p16+}" "open.feishu.cn/open-apis/bot/>{p16+}" "hc-ping.com/>{p16+}"
        "open.larksuite.com/open-apis/bot/>{p16+}" "qyapi.weixin.qq.com/cgi-bin/webhook/>{p16+}" "tines.com/webhook/>{p16+}"
        "webhook.site/>{p16+}" "chat.googleapis.com/v1/spaces/>{p8+}" "hooks.glip.com/webhook/>{p16+}"
        "push.statuspage.io/>{p16+}" "uptime.betterstack.com/api/v1/heartbeat/>{p10+}" "cronitor.link/p/>{p16+}"
        "webhooks.fivetran.com/webhooks/>{p16+}" "pipedream.net/>{p16+}" "deadmanssnitch.com/>{p10+}"
        "hooks.airtable.com/workflows/>{p16+}" "api.opsgenie.com/v1/json/>{p16+}" "hook.eu1.make.com/>{p16+}" "hook.eu2.make.com/>{p16+}"
        "hook.us1.make.com/>{p16+}" "hook.us2.make.com/>{p16+}" "receiver/v1/http/>{p20+}" "loggly.com/inputs/>{p20+}"
        "loggly.com/bulk/>{p20+}";
        "https://hooks.slack.com /services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
        "https://api.slack.com/messaging/webhooks";
    "slack token": "xoxb-{x10+}" "xoxp-{x10+}" "xoxa-{x10+}" "xoxe-{x10+}" "xoxe.{x10+}" "xoxo-{d2}{x8+}"
        "xoxr-{x10+}" "xoxs-{x10+}" "xoxc-{x10+}" "xoxd-{s10+}" "xapp-{d1}-{x10+}" "xwfp-{x10+}";
        "xoxb -RSn dcH3 hPN"; "xoxo-love";
    "discord token": "mfa.{w60+}";
        "mfa. Zk3v Q9xT 2mB7 nL4p R8tW 1yZ5 cF0g H6jD Zk3v Q9xT 2mB7 nL4p R8tW 1yZ5 cF0g H6jD"; "mfa.example";
    "spotify token": "BQ{w150+}";
        "BQ Zk3v Q9xT 2mB7 nL4p R8tW Zk3v Q9xT 2mB7 nL4p R8tW Zk3v Q9xT 2mB7 nL4p R8tW Zk3v Q9xT 2mB7 nL4p R8tW \
        Zk3v Q9xT 2mB7 nL4p R8tW Zk3v Q9xT 2mB7 nL4p R8tW Zk3v Q9xT 2mB7 nL4p R8tW Zk3v Q9xT 2mB7 nL4p R8tW";
        "BQ-code";
    "telegram token": "{d8-10}:AA{w32+}";
        "6820 8827 :AAW xUAA u1Yw 0q9U owYi bApo hrU_ jK_F T2K"; "12345678:AA";
    "facebook token": "EAA{A60+}" "IGQV{w60+}" "IGQW{w60+}" "IGAA{A60+}" "{d15-16}|{w27+}";
        "EAAk a6Sl gbt7 AFlx IGYR 4Hm3 bc4u zQFu cpXG Cf1u TNEp QRyX N6g8 ghbx kszp wRd"; "EAAA";
    "twitter token": "AAAAAAAAAAAAAAAAAAAA{s30+}" "{d15-19}-{A40}";
        "AAAA AAAA AAAA AAAA AAAA oz8P FSlG Qtwf hE49 DLKE b78K lrXR PX"; "AAAAAAAAAAAA";
    "linkedin token": "WPL_AP1.{x16+}" "AQ{w3}_{w200+}";
        "WPL_ AP1. hrVU c8cg hHcU mIx4"; "WPL_AP1";
    "tiktok token": "act.{A40+}" "clt.{A40+}";
        "act. NGa6 ezUr DvYO pde0 h9M7 QKhr HjUZ 4K6I 5eef 7RkX"; "act.1";
    "matrix token": "syt_{w30+}" "mct_{A20+}";
        "syt_ a6Pk 6v_k x88r sXe8 7oMi 93qq LXM_ Hw1P qH"; "syt_name";
    "webhook secret": "whsec_{b24+}" "wh_{A32+}";
        "whse c_kM YAiG 2Ljo B1sX BZWc NaPi px"; "whsec_rotation";
    "twilio key": "SK{h32}" "AC{h32}:>{h32}";
        "SKc0 2d38 4db0 01dc 5bb4 bb84 5544 3359 3f"; "SK04";
    "sendgrid key": "SG.{w16-32}.{w32+}";
        "SG.0 7BHe 2ReA eteL 9x2. PUHk FqGN YzVd a3h6 Le7A cyMZ 0Lku qfiq"; "SG.Monitoring.Http.Client.Send";
    "brevo key": "xkeysib-{h64}-{A16}" "xsmtpsib-{h64}-{A16}";
        "xkey sib- 71cd d242 2168 3cf8 63fe 92f4 42fd 4051 23a7 178b 5bd8 5ee5 042d 7483 3c27 041b -F3T lU26  \
        vyj3 7lc9 p";
        "xkeysib-rotation";
    "mailchimp key": "{h32}-us{d1-2}" "md-{w22}";
        "696f a4bb 7840 dd51 983e bf7c 99c1 8fa6 -us7"; "0ba08df3-us12";
    "mailgun key": "key-{h32}" "{h32}-{h8}-{h8}";
        "key- b9eb 2b67 d8b0 81ab d1d9 7aaf 35f3 b68f"; "key-rotation";
    "resend key": "re_{A6-12}_{A20+}";
        "re_C tI5V 2_a3 9cSa JUJp LtKW RD7r 2P"; "re_indexing_job";
    "mailersend key": "mlsn.{h60+}";
        "mlsn .a15 1dd6 4b33 8ec8 0cc5 c0b3 aa41 6607 9367 7fa3 1a2e 376e 9db0 73ac 7d7a 7"; "mlsn.eu";
    "courier key": "pk_prod_{A25+}" "dk_prod_{A25+}";
        "pk_p rod_ 1ej9 YKz9 GQww vc84 FTd3 NsAE F"; "pk_prod_1";
    "klaviyo key": "pk_{h34}" "pk_{A6}_{h34}";
        "pk_2 5b0d de9b b53f 3b96 7cba 892b 3ba4 a3a5 d"; "pk_1";
    "clickup key": "pk_{d6-9}_{u32}";
        "pk_0 5360 2_M4 XZQO L5KX DBYO UZC7 6MLE LLQI KUSI 6H"; "pk_12";
    "onesignal key": "os_v2_{a3}_{A60+}";
        "os_v 2_ei j_Tr Miny x8k1 Oqcv 1UkI w2Xf cjK0 Dp7G FnnC l7sg uJRz 2EL5 08hB Bn4O cF10 sd"; "os_v2_app";
    "pubnub key": "sec-c-{w36+}" "sub-c-{h8}-{h4}-{h4}-{h4}-{h12}";
        "sec- c-eX ZorD QrvI JCPG Uljm La4j AHkd nL9S w7w6 Zc"; "sec-c-1";
    "intercom token": "dG9rO{b40+}";
        "dG9r Ojif RnyF cMb4 v7s+ Dtza Us/z UT2X 8aZf tMhj sP9k w"; "dG9rO";
    "hubspot token": "pat-{l3}-{h8}-{h4}-{h4}-{h4}-{h12}";
        "pat- nu1- 0984 4593 -ded d-63 4d-5 4a7- dc84 3565 f6ef"; "pat-na1-eu";
    "salesforce token": "00D{A12}!{x60+}" "5AEP861{x60+}" "3MVG9{x60+}";
        "00D1 GB73 McC4 xpk! N3bn dWsv N9IU nTgM HGZf aKgg Lh_X gAm7 cvf0 OcBO qN5_ Ccas Eox0 ycn1 J438"; "3MVG";
    "zoho token": "1000.{h32}.{h32}" "1004.{h32}.{h32}";
        "1000 .85d d616 e732 bd00 8f56 f49d 64c0 90ce a.7a 2412 9199 5322 90b5 cd33 e9fe c3d7 c6"; "1000.50.25";
    "shippo key": "shippo_live_{h40}" "shippo_test_{h40}";
        "ship po_l ive_ afcc 831e 864e c8b4 5d48 730d 21e9 e233 c90c b4f2"; "shippo_live_rates";
    "airtable token": "pat{A14}.{h64}";
        "patB BJgO oF0F jMmh E.49 de87 a13d 9133 d268 f95d 09ea 9823 fa7b 3a99 b7d8 7de8 6440 285b 86ce 5393 5f";
        "patternlanguages.md";
    "notion token": "secret_{A43}" "ntn_{A40+}";
        "secr et_p phra C5M9 9ZZr bMXq sjvp SZqk ZgZM Y8J9 gxVj dC1F Pr"; "ntn_1";
    "asana token": "{d1}/{d16}/{d16}:{h32}" "{d1}/{d16}:{h32}" "0/{h32}";
        "1/82 5477 5495 2822 12/9 8375 1822 8354 414: 6c0d 7ce0 ec03 7c87 03ed 27e9 61b1 30f4"; "1/2026";
    "figma token": "figd_{w30+}" "figo_{w30+}" "figoh_{w30+}" "figor_{w30+}" "figu_{w30+}" "figp_{w30+}";
        "figd _zT7 iszU YLq3 YlpG vNEq ghj3 5577 oOW"; "figd_frame_of_the_document_that_is_not_there";
    "dropbox token": "sl.{w60+}" "sl.u.{w60+}";
        "sl.O fQaR a-qY q59F WHW5 JI5D C90L 0dRG 0ern _1yH BpE3 ZcqB DMH2 _-vM woBx h0I"; "sl.example";
    "contentful token": "CFPAT-{w40+}";
        "CFPA T--w N_Mz N-3D O8mF 1jA8 fs7w NlGq nezD 36S9 mFlB Sp"; "CFPAT-1";
    "sanity token": "sk{A78+}";
        "skt4 sDwy PB6p KzQP uY1O vtth mxUn lJ9z x08G Pch4 Y8WJ zcL2 j9xS 7XBh RyfD 7HK1 1AZ1 jr7v EUVE JYI7";
        "skname";
    "ghost key": "{h24}:{h64}";
        "913e 4f36 4970 1835 ea45 ac4e :885 4b47 0369 09a3 9e5e 32bc 5562 02c2 47e1 de30 ca67 dbeb 4c29 d993  \
        6dae 96f9 c";
        "12:34";
    "typeform token": "tfp_{w40+}";
        "tfp_ LP5I 42g- hyNd U3YA 9wrw PKyT n0Qk p57k 9RWg C0Dj"; "tfp_name";
    "wix token": "IST.{x60+}";
        "IST. -vb2 C70Z LLcn wZ1v 63ux NcIn O50s 1Ve2 qgxo -5E- aGUH smKb e-m4 0JFI WaLw"; "IST.12";
    "readme key": "rdme_{l60+}";
        "rdme _j7t xej9 u1oh cf5u czrx 2orl 3lk3 wiz9 emtx r8pg 9vyo uaa2 1xt5 ootn w94w y"; "rdme_name";
    "postman key": "PMAK-{h24}-{h34}" "PMAT-{A20+}";
        "PMAK -200 caf6 d6f1 f6af 0894 e69f 5-69 ca03 9b64 5d93 b439 8d8e 9a80 7a7a 6d8a"; "PMAK-1";
    "adobe secret": "p8e-{w30+}";
        "p8e- DnkB iRbu OvrP X2gL 5-nu Fr1h X8-q Rf"; "p8e-1";
    "frame.io token": "fio-u-{w50+}";
        "fio- u-hM effE ZeQ- s-vH Yd28 YFrF KjsP _TWM TwQm bq8K 9rya sC__ ZZP6"; "fio-u-1";
    "adafruit key": "aio_{A28}";
        "aio_ x9vO mwGV 9JGM yjup UXrF aGwi CT7o"; "aio_events";
    "pagerduty key": "u+{w18}";
        "u+x7 8irm DY_W Kas2 YIKF"; "u+1";
    "calendly token": "cal_live_{A30+}" "cal_{h32}";
        "cal_ live _mIB h7fc 8mq0 QR6B a7kR hCRI dNv3 NPJ"; "cal_1";
    "stripe key": "sk_live_{s16+}" "rk_live_{s16+}" "sk_test_{s16+}" "rk_test_{s16+}" "sk_prod_{s16+}"
        "rk_prod_{s16+}" "sk_org_{s16+}" "ek_live_{s16+}" "ek_test_{s16+}" "sk_sandbox_{s16+}"
        "pi_{A24}_secret_{A20+}" "seti_{A24}_secret_{A20+}" "cs_live_{A50+}";
        "sk_l ive_ +WSz Q1ji KeO6 uMXb"; "sk_live_mode";
    "square token": "sq0atp-{w22+}" "sq0csp-{w22+}" "sq0acp-{w22+}" "sq0idp-{w22+}" "EAAA{w56+}"
        "sandbox-sq0{a3}-{w22+}";
        "sq0a tp-R CLqd odPG 1XEL 99b0 maS7 8"; "sq0atp-1";
    "paypal token": "access_token${w4-20}${l16}${h32}" "A21AA{w60+}" "A101.{w40+}";
        "acce ss_t oken $VFs a$vh n2gh v779 jdra 50$1 4add 2d7b c4d8 b92e 0a3c fe53 b170 419";
        "access_token$production";
    "adyen key": "AQE{s100+}";
        "AQE7 pHee 5g84 xOdX uOs6 SH2b I48Q MB10 fPd4 rbpL 4XqI pCOg 0WrE 5Ppa VnTi gj5T lh4b VY4Q bqWy nz8y  \
        TuG2 gWqa wiRQ u6aR WrhA 3XI";
        "AQEmw";
    "razorpay key": "rzp_live_{A14+}" "rzp_test_{A14+}";
        "rzp_ live _9QF NG0S jfUm PS0"; "rzp_live_mode";
    "plaid token": "access-{a4-12}-{h8}-{h4}-{h4}-{h4}-{h12}" "public-{a4-12}-{h8}-{h4}-{h4}-{h4}-{h12}";
        "acce ss-i zlv- 1310 582d -67f a-e1 98-3 cb9- 36a9 8827 12cb"; "access-production-1";
    "flutterwave key": "FLWSECK-{A10+}" "FLWSECK_TEST-{A10+}" "FLWSECK_PROD-{A10+}";
        "FLWS ECK- kLpb V7RP oK"; "FLWSECK";
    "shopify token": "shpat_{H32}" "shpca_{H32}" "shppa_{H32}" "shpss_{H32}" "shptka_{H32}" "shpua_{H32}"
        "shpit_{H32}";
        "shpa t_95 3507 bf4d e51b 20a4 0154 9935 d49a 54"; "shpat_rotation";
    "duffel token": "duffel_live_{w40+}" "duffel_test_{w40+}";
        "duff el_l ive_ 5V5z XQmx Rpez vLq6 MPgM Tqp0 CMMX 1hoH SjPv srT6"; "duffel_live_mode";
    "easypost key": "EZAK{A54}" "EZTK{A54}";
        "EZAK dpzC VTUt gGvU 4DWt shZr 3Wwj jlXc RI4E z3To FsMq 9bCC z7hS j6iL a6"; "EZAK";
    "lob key": "live_{h35}" "test_{h35}" "live_pub_{h31}" "test_pub_{h31}";
        "live _247 34e0 7170 74c4 5cf8 07a9 f1bd 4e4a 0f40"; "live_1";
    "payment key": "live_{w27-50}" "test_{w27-50}";
        "live _r9y vD-F P8JL zpdh 5K44 ns_b 3J0P"; "test_that_the_order_is_paid_in_the_end";
    "paddle key": "pdl_live_{w20+}" "pdl_sdbx_{w20+}" "pdl_ntfset_{w20+}";
        "pdl_ live _sQ2 aece crCz jkHB 1mxm V"; "pdl_live_mode";
    "ramp key": "ramp_sec_{A40+}" "ramp_id_{A40+}";
        "ramp _sec _edd 2SZC Gd8n ULo3 g4B2 u07f 3LOR Xvnm HVAl W6WY m"; "ramp_sec_1";
    "brex token": "bxt_{A30+}";
        "bxt_ wH82 4VV6 tV0T JLy9 Bl20 3Edi uUO7 gG"; "bxt_1";
    "mercury token": "secret-token:{w20+}";
        "secr et-t oken :Avb 0hqg DJhu JwgC s1Dl g"; "secret-token: missing";
    "xendit key": "xnd_production_{A20+}" "xnd_development_{A20+}" "xnd_live_{A20+}";
        "xnd_ prod ucti on_B XDlD Pjth pdGm 6VEi sQW"; "xnd_production_1";
    "midtrans key": "Mid-server-{w20+}" "SB-Mid-server-{w20+}";
        "Mid- serv er-M SJ65 eWjr 8g0Z KDHS 4rX"; "Mid-server-1";
    "mercado pago token": "APP_USR-{d10-20}-{d6}-{h32}-{d4-12}" "TEST-{d10-20}-{d6}-{h32}-{d4-12}";
        "APP_ USR- 6694 6301 82-2 4792 0-0b a01d 8773 e627 3773 e3ad af5c f5ac e5-8 117"; "APP_USR-1";
    "klarna key": "klarna_live_{s20+}" "klarna_test_{s20+}";
        "klar na_l ive_ /NJe vQK0 88wR 2/X7 kMUq"; "klarna_live_mode";
    "coinbase key": "organizations/{h8}-{h4}-{h4}-{h4}-{h12}/apiKeys/{h8}-{h4}-{h4}-{h4}-{h12}";
        "orga niza tion s/b7 77ec fd-4 67b- a229 -3f5 e-e0 c21d 6046 bd/a piKe ys/a 6b68 607- a119 -030 c-de  \
        b0-e 415e a8e0 9ab";
        "organizations/1";
    "mapbox token": "sk.eyJ{w20-200}.{w20+}" "tk.eyJ{w20-200}.{w20+}";
        "sk.e yJCI J4A1 O9LP iBxL eycP pA.1 VBKW dcWp ryHs 3Q-Z mAZ"; "sk.example";
    "stytch secret": "secret-live-{w30+}" "secret-test-{w30+}";
        "secr et-l ive- r0a5 dnFr xd0x JLMN nP_G LEaE Qd1y ei"; "secret-live-stream";
    "okta token": "00{w40}";
        "00sT r6W5 h7Hm bd9m uAQJ OcQC U-UA huwa 9Ahf pR1h up"; "0042";
    "maxmind key": "{A6}_{A29}_mmk";
        "UJBg 1T_v mfqA pOF5 edqN 10e5 IH8g djHA ULni _mmk"; "geoip_mmk";
    "calendar address": "private-{h32}";
        "priv ate- 93c0 1535 cda1 b71b 5c10 edcd 4cf8 d8da"; "private-subnet-eu-west-1a";
    "authress key": "sc_{A5-30}.{A4-6}.acc-{w10-32}.{s30+}";
        "sc_r Momn .zYh E.ac c-CZ mJOV 4sOZ .wjZ hzO1 dgw0 M2XU RjTS a/Va eXSy J8s"; "sc_1";
    "settlemint token": "sm_pat_{A16}" "sm_aat_{A16}" "sm_sat_{A16}";
        "sm_p at_s 4Upq FOEl 7hBB rGk"; "sm_pat_1";
    "42 secret": "s-s4t2ud-{h64}" "s-s4t2af-{h64}";
        "s-s4 t2ud -23b 7dab cd51 9665 ce7d f72f dd89 d8f1 efb0 f599 3ff2 25ee bf8a c4e0 2b94 baad f"; "s-s4t2";
    "retool key": "retool_01{l20+}";
        "reto ol_0 17cp vcj8 etx0 5sy6 xmr7 o"; "retool_01";
    "voiceflow key": "VF.{h24}.{A16}" "VF.DM.{h24}.{A16}" "VF.WS.{h24}.{A16}";
        "VF.5 f0c9 a1b2 d3e4 f506 1728 394. Zk3v Q9xT 2mB7 nL4p"; "VF.1";
    "dbt token": "dbtc_{w30+}" "dbtu_{w30+}";
        "dbtc _-c8 K9vg T-QG UZ-T c9i7 ANyh ekNl GgV"; "dbtc_run";
    "hex token": "hxtp_{h60+}" "hxtw_{h60+}";
        "hxtp _74e 4f04 6b99 1ae2 7c8e 4834 76e5 3aea c554 8c0f 322d 5737 71a2 2cb3 143f e"; "hxtp_1";
    "metabase key": "mb_{b40+}";
        "mb_p LpLP zNrG ehGq tP8f +Pbb QARB BJWh haOM reAX Z1E"; "mb_1";
}
