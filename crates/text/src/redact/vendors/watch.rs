//! What watches systems, and what is no vendor's: keys by how they begin or what stands in them.
//!
//! A row is a kind: its name, its patterns (see `pattern`), an example that must be caught and a look-alike that must be
//! left. In an example every blank is left out, so that those who scan source code for keys find none here.

use crate::redact::rule::kinds;

kinds! { WATCH
    "private key": "LS0tLS1CRUdJTiBQUklWQVRFIEtF{b20+}" "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBL{b20+}"
        "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtF{b20+}" "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUg{b20+}"
        "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBL{b20+}" "LS0tLS1CRUdJTiBQR1AgUFJJVkFURSBL{b20+}"
        "LS0tLS1CRUdJTiBEU0EgUFJJVkFURSBL{b20+}";
        "LS0t LS1C RUdJ TiBS U0Eg UFJJ VkFU RSBL RVkt LS0t LQpN SUlF b3dJ QkFB S0NB UUVB"; "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t";
    "new relic key": "NRAK-{u27}" "NRII-{w25+}" "NRIQ-{w25+}" "NRBR-{h19}" "NRJS-{h19}" "NRRA-{h42}" "{h32}FFFFNRAL"
        "{h36}NRAL" "AA{h40}-NRMA";
        "NRAK -HGO LDFG SQYZ W6CP E4DX 35Y3 LDU6"; "NRAK-1";
    "grafana key": "glsa_{A32}_{H8}" "glc_{s30+}" "eyJrIjoi{s30+}";
        "glsa _AtJ B3gQ Uimf 03d6 oFSH QIgB i3OY w0fP W_a8 49b7 92"; "glc_metrics";
    "sentry token": "sntrys_{s40+}" "sntryu_{h64}" "sntrya_{h60+}" "sntryi_{h60+}";
        "sntr ys_D Dmr4 hmUw udL6 NObg Em++ 18Ct kE7G +yAp tZLC 8tf"; "sntrys_org";
    "honeycomb key": "hcaik_{l30+}" "hcalk_{l30+}" "hcamk_{l30+}" "hcxik_{l30+}" "hcxlk_{l30+}" "hcbik_{l30+}";
        "hcai k_kf zbxy g6cc y27b jcwh f8km fr30 vjlw"; "hcaik_1";
    "launchdarkly key": "api-{h8}-{h4}-{h4}-{h4}-{h12}" "sdk-{h8}-{h4}-{h4}-{h4}-{h12}"
        "mob-{h8}-{h4}-{h4}-{h4}-{h12}" "rel-{h8}-{h4}-{h4}-{h4}-{h12}";
        "api- 032e 3a5a -4e1 6-43 2c-b f2a- 54fa 897e 8d97"; "api-gateway-prod-7f9c";
    "dynatrace token": "dt0{A3}.{A6-30}.{A60-68}";
        "dt0K KS.e XqYE wReD R4xo TGFG fJ3x UDt. 8nbe zqNh lLEs eIqT S2Hk 0g1t dfIY 8jpB rWYC Qg6E pXKf 2PSc  \
        zHpK mvpR S10i 1w21";
        "dt0c01.id";
    "posthog key": "phx_{w30+}" "phs_{w30+}" "phc_{w40+}";
        "phx_ cgB0 vuJi _35I GtJS H-hc HrCr jZNM tl"; "phx_1";
    "datadog key": "ddp_{A36}" "ddw_{A36}" "ddpat_{A30+}" "ddapp_{A30+}";
        "ddp_ EigH 9dwP X9R2 73Du 2m2P Er8s pNYb TmXh y3X5"; "ddp_1";
    "coralogix key": "cxtp_{A30}" "cxup_{A30}" "cxsp_{A30}";
        "cxtp _iUN Ayxj pupl EfEM 5uXg eAMk oNDU jgv"; "cxtp_1";
    "axiom token": "xaat-{h8}-{h4}-{h4}-{h4}-{h12}" "xapt-{h8}-{h4}-{h4}-{h4}-{h12}";
        "xaat -54b 4b6e 5-a2 af-6 9f1- 11ea -25b cb26 ee8f 4"; "xaat-1";
    "checkly key": "cu_{h32}";
        "cu_6 42cd 11d4 148d 3edd ac81 64b6 b1bb 59d"; "cu_1";
    "rootly key": "rootly_{h64}";
        "root ly_6 a38f da97 ebdd 293f 4b55 a777 5e48 22fd e2bf b322 c2b9 b806 427b e5d0 46b9 8ad"; "rootly_1";
    "firehydrant key": "fhb-{h32}";
        "fhb- 4d4f 8638 d981 264a 124f 6c59 6176 412f"; "fhb-1";
    "statsig key": "secret-{A40+}" "console-{A40+}";
        "secr et-W HgeU 8Ztj Casg jCY4 tl4W CS8L x7q1 wY7m DjqM iCI"; "secret-1";
    "scalingo token": "tk-us-{w48}" "tk-eu-{w48}";
        "tk-u s-UC xCVc O3WB 0_Fb 8KbP zJ7c F6Wx 9K2l 7Fyv eh-H PSrB _6yl 3b"; "tk-us-1";
    "tinybird token": "p.eyJ{w20-400}.{w20+}";
        "p.ey JvTk 3vQ9 xT2m B7nL 4pR8 tW1y Z5cF 0gH6 jD.Z k3vQ 9xT2 mB7n L4pR 8tW1"; "p.eyJ";
    "keygen token": "prod-{h64}v2" "prod-{h64}v3" "admin-{h64}v2" "admin-{h64}v3" "env-{h64}v3" "user-{h64}v3";
        "prod -9f8 6d08 1884 c7d6 59a2 feaa 0c55 ad01 5a3b f4f1 b2b0 b822 cd15 d6c1 5b0f 00a0 8v3"; "prod-eu-v3";
    "prefect key": "pnu_{A36}" "pnb_{A36}";
        "pnu_ CAPd mGh1 IFC4 lOFI Xwwr 7aym BjX8 ugHi adLa"; "pnu_1";
    "flagsmith key": "ser.{A20+}";
        "ser. LstH xsc7 owFi eWXG nFhi"; "ser.ver";
    "salad key": "salad_cloud_{A1-7}_{A7+}";
        "sala d_cl oud_ h_aC Sdw3 g"; "salad_cloud_1";
    "bitcoin key": "xprv{A100+}" "yprv{A100+}" "zprv{A100+}" "tprv{A100+}";
        "xprv j5vB whRE nzYQ eEht qJKe 1zKA Uu2u oX68 jCz9 IMEC swDK MwQA sHNW UFge IWcv Hfx9 g1EK f6E5 Pkqh  \
        KKNU HOuM VnBU ExXk 70XF X2Sg";
        "xprv";
    "bitcoin key": "5H{A49}" "5J{A49}" "5K{A49}" "Kw{A50}" "Kx{A50}" "Ky{A50}" "Kz{A50}" "L1{A50}" "L2{A50}" "L3{A50}"
        "L4{A50}" "L5{A50}";
        "5JgZ hQ8w NfX2 mRb7 T9cV kL3p YdS6 uJ1x WqE4 oKr8 tBn5 zMhG yav"; "5Jahre L2 L3-cache";
    "stellar seed": "SA{u54}" "SB{u54}" "SC{u54}" "SD{u54}";
        "SCZ7 K2QX 5W4N JRT6 VYB3 MHPL GDEA UOIS F7C2 ZXK5 QWN4 JTR6 VBY3 MPHL"; "SCHEDULED SCOPE_DEFAULT";
    "nats seed": "SU{u56}" "SA{u56}" "SO{u56}" "SN{u56}" "SC{u56}" "SX{u56}";
        "SUAK 2QX5 W4NJ RT6V YB3M HPLG DEAU OISF 7C2Z XK5Q WN4J TR6V BY3M PHLK Q2"; "SUCCEEDED SOME_SUBJECT";
    "password hash": "pbkdf2_sha256${d4-8}${A8-64}${b40+}" "pbkdf2:sha256:{d4-8}${A8-64}${h64}"
        "scrypt:{d4-8}:8:1${A8-64}${h128}" "SCRAM-SHA-256${d4-6}:{s16-64}${p60+}" "md5{h32}";
        "pbkd f2_s ha25 6$60 0000 $Ut3 kV9x Q2mL 7rT4 z$mX 8vQ2 nR5k L9pW 3tY7 bZ1c F4gH 6jD0 sA8e U2iO 5qM7 xw=";
        "pbkdf2_sha256 with 600000 rounds";
    "windows hash": "{h32}:{h32}:::";
        "5f4d cc3b 5aa7 65d6 1d83 27de b882 cf99 :8846 f7ea ee8f b117 ad06 bdd8 30b7 586c :::"; "d41d8cd98f00b204e9800998ecf8427e";
    "node key": "infura.io/v3/>{h32}" "alchemy.com/v2/>{w20+}" "quiknode.pro/>{p20+}" "blastapi.io/>{w30+}" "go.getblock.io/>{h32}";
        "infu ra.i o/v3 /8c2 7001 ae08 b30d 7046 9d7e 1152 f51b 6"; "docs.infura.io/v3/networks";
    "ssh key": "b3BlbnNzaC1rZXktdjE{b40+}";
        "b3Bl bnNz aC1r ZXkt djEt ezhR cmCT iKqA 99JT hh+a Ud7u AiiB O/8l 5JV/ Qmh"; "b3BlbnNzaC1rZXkt";
}
