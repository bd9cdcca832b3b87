//! Clouds, databases and what runs on them: keys by how they begin or what stands in them.
//!
//! A row is a kind: its name, its patterns (see `pattern`), an example that must be caught and a look-alike that must be
//! left. In an example every blank is left out, so that those who scan source code for keys find none here.

use crate::redact::rule::kinds;

kinds! { CLOUD
    "aws key": "AKIA{u16}" "ASIA{u16}" "ABIA{u16}" "ACCA{u16}";
        "AKIA UJZD EGXD NCF3 2EPF"; "AKIAIOSFODNN7";
    "aws session token": "IQoJb3JpZ2lu{b60+}" "FwoGZXIvYXdz{b60+}" "FQoGZXIvYXdz{b60+}" "FQoDYXdz{b60+}"
        "AgoJb3JpZ2lu{b60+}" "AgoGb3JpZ2lu{b60+}";
        "IQoJ b3Jp Z2lu 2HPc HyGc FRl1 SPnX NYvM IHa/ 2o76 umfX fKm/ r5kJ P1Vr T+1F Jors /6IL i8IH";
        "IQoJb3JpZ2luX2Vj";
    "aws appsync key": "da2-{l26}";
        "da2- t2sy wb3w kh5d nsip zz5f k2z9 ri"; "da2-release-candidate-number-one";
    "aws bedrock key": "ABSK{b40+}" "bedrock-api-key-{b20+}";
        "ABSK 3j1t wdTK WTdd B+Xh kAS1 voQG 6yyz yN9z HYIa 4UOr"; "ABSKernel";
    "amazon mws token": "amzn.mws.{h8}-{h4}-{h4}-{h4}-{h12}";
        "amzn .mws .130 43b0 2-6c 48-b bf3- 3fef -f92 43a8 f506 b"; "amzn.mws.feeds";
    "amazon login secret": "amzn1.oa2-cs.v1.{h64}" "Atza|{x40+}" "Atzr|{x40+}";
        "amzn 1.oa 2-cs .v1. 4092 8b5b 7a76 7c76 fb00 8f86 bebb 2737 f6a6 f0fb 23c6 f5da 2cec 2554 04e4 fb44";
        "amzn1.oa2-cs.v1";
    "alibaba key": "LTAI{A12+}";
        "LTAI BAzu pGhv 7Ib3"; "LTAIR";
    "tencent key": "AKID{A32+}";
        "AKID M03N BQNS gPwl UQia 1ID6 vW5d ql05 ha06"; "AKIDs are listed";
    "volcengine key": "AKLT{A30+}";
        "AKLT 4gIi JhgB 3cxL mAxz JLJe nuHj DUrh hj"; "AKLT-2026";
    "huawei key": "HPUA{A16+}";
        "HPUA eyxG 4jDP MRCx Ggcj"; "HPUA unit";
    "google key": "AIza{w35}" "AQ.Ab{w40+}";
        "AIza UcU3 zr1Z toLu Cr64 Cxql IOdN KhiF XiQ2 hzT"; "AIzawa station";
    "google oauth secret": "GOCSPX-{w20+}";
        "GOCS PX-- pLjH X2Ji CLhK cIhP 6Br"; "GOCSPX-secret";
    "google token": "ya29.{x20+}" "1//0{w30+}" "4/0A{w60+}";
        "ya29 .1iQ FeOU hGXZ nnal 5Wis C"; "ya29.1";
    "google storage key": "GOOG{u20+}";
        "GOOG QCAB M6P4 G37Z TNOV MIZW"; "GOOGLE_CLOUD_PROJECT";
    "firebase key": "AAAA{w7}:APA91b{w60+}";
        "AAAA GQBJ g3U: APA9 1bHK wkfl F6XU i5Ah uqpf Enbt XAqw K8jZ fALh LSzF yCmm dKTx p-Tk SF2R CdKD FR";
        "AAAA:APA91b";
    "azure devops token": "{A76}AZDO{A4}" "{B52}";
        "oX9G Y1cj DoBo irPf QAdz Ev7g 5iFq hEvv eQzE 2QPu wNOv pdf2 YEe6 rSxC nopM EmJV Qpvs TnkI AeDf AZDO RrGs";
        "AZDO_BUILD_ID";
    "azure ai key": "{A52}JQQJ9{A27}";
        "NrfS thSd ddxH 5jMT F7eB SdE0 g9cR YN68 7NEl FJvh Q8XI m0og R4Ht JQQJ 9XOf 54fZ BKA8 frcZ TuJa WYUH 1VAU";
        "JQQJ99";
    "azure search key": "{A42}AzSe{A6}";
        "wV1Z H87M tA5v SQXE ZY3l EX7b wR2D RGD1 qSo7 JPRb gUAz SeMx Xy9b"; "AzSearch";
    "microsoft refresh token": "0.A{x180+}" "1.A{x180+}" "M.C{d3}_{x60+}" "M.R3_{x60+}";
        "0.Ac 5q52 RYfL WrLo evhZ C0x0 awir H-ju QbLi fxz5 3nCQ E28_ AJy7 5fNc TTN6 KFAQ dEmQ g3OM JmYx hcAB  \
        m6jo f8ef D0nH CY-1 Kgd2 vd-E r1uy ZAlI a-Zn Yd7c hlN- Xc_1 HSyG bDS1 GHXy 5oOK VqYX 7Enw vq4V NAKj  \
        Ks1P awtn 3LG8 Zv5Y pu8D 0fz";
        "0.Alpha";
    "backblaze key": "K00{d1}{b27}";
        "K002 Zk3v Q9xT 2mB7 nL4p R8tW 1yZ5 cF0"; "K001";
    "upcloud token": "ucat_{u26}";
        "ucat _01J Z8Q4 X7M2 N6K9 V3T5 R1WB YCD"; "ucat_1";
    "ably key": "{A6}.{w6}:{w43}";
        "xVLy Hw.Q 7kTz A:Zk 3vQ9 xT2m B7nL 4pR8 tW1y Z5cF 0gH6 jDuE 8oKs 3iB6 n"; "Handle.remove:in_the_middle";
    "digitalocean token": "dop_v1_{h40+}" "doo_v1_{h40+}" "dor_v1_{h40+}";
        "dop_ v1_1 c1e2 1862 ab8a 18a8 9020 73fe c8df 4f50 947a aeb"; "dop_v1_design";
    "digitalocean spaces key": "DO00{u16}";
        "DO00 FMZK P2EC 6UK3 GEQF"; "DO0041";
    "scaleway key": "SCW{u17}";
        "SCWN G274 LOI2 5PHS SRRX"; "SCWORKERS";
    "exoscale key": "EXO{h24}";
        "EXO8 86e7 5774 96a2 c877 3e13 0f7"; "EXOPLANET";
    "yandex token": "t1.{w20-300}.{w80+}" "y0_{w40+}" "y1_{w40+}" "y2_{w40+}" "y3_{w40+}";
        "t1.5 vFld PGYY JvW5 hANs bEv. rSFa gEaB p0vX nJaE -9I0 MyTL Uyi0 kn1G nt11 CuZy zaA3 U2OL zu6U QBGS  \
        yLvV SskU VINx _ZmQ F9oG xLUc";
        "t1.micro.instances";
    "yandex key": "AQVN{w30+}" "YCAJ{w20+}" "YCO{w36-37}" "YCM{w36-37}" "YCN{w36-37}" "YCP{w36-37}";
        "AQVN zZ8X bFzU xtPT fYFE pPx6 n1nf 2xv5 4W"; "AQVN-7";
    "ibm cloud key": "ApiKey-{h8}-{h4}-{h4}-{h4}-{h12}";
        "ApiK ey-0 0fe7 ee5- fc32 -4bd b-2e 11-4 2a21 c402 364"; "ApiKey-rotation";
    "heroku key": "HRKU-{w36+}";
        "HRKU -_kV cIsg Upj6 Sg9a heov EZXz Ujpw VhOG u5Ng y"; "HRKU-release";
    "render key": "rnd_{A24+}";
        "rnd_ vzXQ YXkJ XVwF cOLn v9DS 0hQT"; "rnd_seed_for_the_next_run";
    "vercel token": "vcp_{A24+}" "vci_{A24+}" "vca_{A24+}" "vcr_{A24+}" "vck_{A24+}" "vercel_blob_rw_{w30+}";
        "vcp_ o93l 7q5U uAvC OJSn obag X5DI"; "vcp_connection_count";
    "netlify token": "nfp_{A36+}" "nfc_{A36+}" "nfo_{A36+}" "nfu_{A36+}" "nfb_{A36+}";
        "nfp_ fOnp CBDA kWTG hWiO alTl INXn 1eKI A7zP tJcG"; "nfp_deploys";
    "fly token": "fm2_{b40+}" "fm1r_{b40+}" "fm1a_{b40+}" "fo1_{w40+}";
        "fm2_ ISiz hBHs 4/fV AFHD zXeU HNBZ S0Z1 WnIm G9Aw 37K5"; "fm2_region_count";
    "cloudflare token": "cfut_{A40+}" "cfat_{A40+}" "cfk_{A40+}" "cfoat_{A40+}";
        "cfut _LOG QOpC HV5v 7s82 QtDR ojrb ry6h QSp7 95NF 4gAK Q"; "cfut_metrics";
    "cloudflare origin key": "v1.0-{h24}-{h100+}";
        "v1.0 -765 a6ca 7cff 00d7 96c2 5410 3-35 b400 1412 12b6 2c37 6631 129f 3436 9aad 80b8 91ba f90d 0d3b  \
        f162 95d0 6910 bf3f 5fb8 5967 f532 f3ab 3cc2 d0b6 98d5 c7e4 1b";
        "v1.0-release";
    "akamai token": "akab-{l16}-{l16}";
        "akab -u7j 29uk 32qo iv3p 6-mr tjjp u7wk pumq gk"; "akab-host";
    "supabase key": "sbp_{h40+}" "sbp_v0_{h40+}" "sb_secret_{w20+}";
        "sbp_ 36c4 499d 8633 86ce 10cd 79e0 48c0 7dd7 753e da83"; "sbp_migrations_of_the_last_release_failed";
    "planetscale key": "pscale_tkn_{x30+}" "pscale_pw_{x30+}" "pscale_oauth_{x30+}" "pscale_app_{x30+}";
        "psca le_t kn_1 fzUg 296C 0XpB x_NE gbUZ sM6a 8Cvr 0"; "pscale_tkn_rotation";
    "neon key": "napi_{l50+}";
        "napi _3nl z6hw dqry zdae 00wq gotz 7oz3 nkie m49o jw03 s9i4 wory q1l"; "napi_create_function";
    "xata key": "xau_{A30+}";
        "xau_ eAzu zRWP pTUe fbno Fq5X J7T2 YDF0 k5"; "xau_branch";
    "aiven key": "AVNS_{w16+}" "aivenv1{b40+}";
        "AVNS _pRs BBaJ lgMS dX5s T"; "AVNS_service_password_of_the_database";
    "mongodb key": "mdb_sa_sk_{w30+}";
        "mdb_ sa_s k_az VLmZ -bK4 OPh1 dR8- H97S _f-V AUp7"; "mdb_sa_sk_rotation";
    "astra key": "AstraCS:{A20-30}:{h60+}";
        "Astr aCS: skfq S1dX ba9r ELoX opBB :1a3 ff41 6d4a 3baf 69da d819 9bfc a8b6 f3a6 a942 1cc1 c930 16f1  \
        c426 1e53 5";
        "AstraCS:token";
    "confluent key": "cflt{b56+}";
        "cflt E1MB vRnh mX1E oC3G /FP1 z5IB xT80 NK8b TB2A BPLb PQ8C jf5X GuSK l/6g"; "cfltproxy";
    "clickhouse key": "4b1d{A38}";
        "4b1d 69Dt CADA 4pr0 nFYT TumK 931f mDUX 8kuc erKJ 9z"; "4b1dcafe";
    "redis cloud key": "{A41}_rediscloud";
        "HX9p Koza eYxy c8Ry wkVS RDnp tz0m V3mu A1Jm 1Tlb 4_re disc loud"; "my_rediscloud";
    "fauna key": "fnA{w37}" "fnE{w37}" "fnF{w37}";
        "fnAf wxwd 5kAp hi2U FkSS j-sK _wZd nHy7 agBx 6LtI"; "fnAdd";
    "elastic key": "essu_{b40+}" "AAEAAWVsYXN0aWM{b20+}";
        "essu _dyh p9ZY bYLX lutz TfF/ vNv7 KToD sjCM Ea+b hj2M 5"; "essu_index";
    "convex key": "prod:{l4-40}|{b60+}" "dev:{l4-40}|{b60+}";
        "prod :iqc v|ZX wKDG Ev6+ IyPL godL yX5U vecW EgtH DGh9 HMSo AZm4 N8pv gxPv 9wV4 eSB7 YE";
        "prod:happy-animal-123";
    "influx key": "apiv3_{w60+}";
        "apiv 3_Uc JvR5 MxCJ 5rpd 9OuS qcHX 5S4T i10f TDil qVh_ No69 OTHb 9kPg Zu3h eeMx l1"; "apiv3_query_count";
    "snowflake token": "ver:{d1-2}-hint:{d8-16}-ETMsDgAAA{b60+}";
        "ver: 2-hi nt:0 4207 858- ETMs DgAA A5DR CfLc XVNn gDCM YhC7 e4Ns MWFi P7/j OPPz RddS 7yVC x1Ey Gurz  \
        eq3p zGpS t";
        "ver:1-hint:12";
    "cockroach key": "CCDB1_{A22}_{A40}";
        "CCDB 1_P3 bqoA XGhL EUbM gqBO IaZx _7do Cz44 CC3p nR6r nRoi z7Cn GQHh AbP8 CSHT WpKH D"; "CCDB1_node";
    "databricks token": "dapi{h32}" "dkea{h32}" "dose{h32}" "dsapi{h32}";
        "dapi 82e4 e349 d987 29e7 c6be 9ff9 07a7 6cc0"; "dapi_latency_seconds_bucket";
    "kubernetes token": "token-{l5}:{l50+}" "kubeconfig-{w5-40}:{l50+}";
        "toke n-wk pu9: u5rs nsdb k9ew 2d7y 2wg7 oj0v wimr 7g4r i0ga 09h5 zj0r hy23 sw"; "token-file";
    "k3s token": "K10{h64}::{w4-20}:{h32}";
        "K109 bcca 0fce 9594 dc72 aa7a 6d00 18f9 9ddc eb1b e027 3dbc 46df cea2 5bab 2953 9ad: :Ula Y:d5 13b1  \
        d009 09c3 0065 f846 d345 3032 5f";
        "K10 backup";
    "docker swarm token": "SWMTKN-{d1-2}-{l50}-{l20+}";
        "SWMT KN-7 -1da ujpw rkcr gewm 2ybd ozc2 dppo cklu a3t0 q5ep yo0t z5bp flk- wyla sz9x hv8y vzeh 1w9p";
        "SWMTKN-1-x";
    "openshift token": "sha256~{w43}";
        "sha2 56~x Y7ks e3Ej DrTe QLZi Q47e Uvtb zwam 8ad5 Qh4v fzbQ PL"; "sha256~digest";
    "portainer key": "ptr_{b20+}";
        "ptr_ ckQz ktz7 QjWD us0D 7fzt"; "ptr_to_the_next_element_of_list";
    "proxmox key": "PVEAPIToken={x3-60}@{w2-20}!{w1-40}={h8}-{h4}-{h4}-{h4}-{h12}";
        "PVEA PITo ken= MXl@ Oi!c =1c1 5d69 4-c1 95-7 f8d- b039 -117 31a6 b2dc 7"; "PVEAPIToken is missing";
}
