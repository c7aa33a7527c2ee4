"""The terms that every InvenioRDM has unless its operators changed them.

Vocabularies belong to each instance, so an id that is not here is a warning and not an error.
Taken from the ids in the fixtures of invenio-rdm-records 20.3.2 (InvenioRDM 13.1.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ALIASES",
    "DATE_TYPES",
    "DESCRIPTION_TYPES",
    "LANGUAGES",
    "LICENCES",
    "RELATION_TYPES",
    "RESOURCE_TYPES",
    "ROLES",
    "TITLE_TYPES",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RESOURCE_TYPES = _words(
    """
    publication publication-annotationcollection publication-book publication-section
    publication-conferencepaper publication-conferenceproceeding publication-datamanagementplan
    publication-journal publication-article publication-patent publication-peerreview
    publication-preprint publication-deliverable publication-milestone publication-proposal
    publication-report publication-softwaredocumentation publication-taxonomictreatment
    publication-technicalnote publication-thesis publication-workingpaper publication-datapaper
    publication-dissertation publication-standard publication-other poster presentation event
    dataset image image-figure image-plot image-drawing image-diagram image-photo image-other
    model video audio software lesson software-computationalnotebook other physicalobject workflow
    """
)
"""What a record, or a work it relates to, is."""

ROLES = _words(
    """
    contactperson datacollector datacurator datamanager distributor editor hostinginstitution
    producer projectleader projectmanager projectmember registrationagency registrationauthority
    relatedperson researcher researchgroup rightsholder sponsor supervisor workpackageleader other
    """
)
"""What a creator or contributor did."""

RELATION_TYPES = _words(
    """
    iscitedby cites issupplementto issupplementedby iscontinuedby continues isdescribedby
    describes hasmetadata ismetadatafor hasversion isversionof isnewversionof ispreviousversionof
    ispartof haspart ispublishedin isreferencedby references isdocumentedby documents iscompiledby
    compiles isvariantformof isoriginalformof isidenticalto isreviewedby reviews isderivedfrom
    issourceof isrequiredby requires isobsoletedby obsoletes
    """
)
"""How a record relates to another work."""

DATE_TYPES = _words(
    """
    accepted available collected copyrighted created issued other submitted updated valid
    withdrawn
    """
)
"""What happened on a date."""

TITLE_TYPES = _words(
    """
    alternative-title subtitle translated-title other
    """
)
"""What an additional title is."""

DESCRIPTION_TYPES = _words(
    """
    abstract methods series-information table-of-contents technical-info other
    """
)
"""What an additional description is."""

LICENCES = _words(
    """
    0bsd aal adsl afl-1.1 afl-1.2 afl-2.0 afl-2.1 afl-3.0 agpl-1.0-only agpl-1.0-or-later
    agpl-3.0-only agpl-3.0-or-later amdplpa aml ampas antlr-pd antlr-pd-fallback apafml apl-1.0
    apsl-1.0 apsl-1.1 apsl-1.2 apsl-2.0 abstyles adobe-2006 adobe-glyph afmparse aladdin
    apache-1.0 apache-1.1 apache-2.0 artistic-1.0 artistic-1.0-perl artistic-1.0-cl8 artistic-2.0
    bsd-1-clause bsd-2-clause bsd-2-clause-patent bsd-2-clause-views bsd-3-clause
    bsd-3-clause-attribution bsd-3-clause-clear bsd-3-clause-lbnl bsd-3-clause-no-nuclear-license
    bsd-3-clause-no-nuclear-license-2014 bsd-3-clause-no-nuclear-warranty bsd-3-clause-open-mpi
    bsd-4-clause bsd-4-clause-uc bsd-protection bsd-source-code bsl-1.0 busl-1.1 bahyph barr
    beerware bittorrent-1.0 bittorrent-1.1 blueoak-1.0.0 borceux cal-1.0
    cal-1.0-combined-work-exception catosl-1.1 cc-by-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0
    cc-by-3.0-at cc-by-3.0-us cc-by-4.0 cc-by-nc-1.0 cc-by-nc-2.0 cc-by-nc-2.5 cc-by-nc-3.0
    cc-by-nc-4.0 cc-by-nc-nd-1.0 cc-by-nc-nd-2.0 cc-by-nc-nd-2.5 cc-by-nc-nd-3.0
    cc-by-nc-nd-3.0-igo cc-by-nc-nd-4.0 cc-by-nc-sa-1.0 cc-by-nc-sa-2.0 cc-by-nc-sa-2.5
    cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-1.0 cc-by-nd-2.0 cc-by-nd-2.5 cc-by-nd-3.0
    cc-by-nd-4.0 cc-by-sa-1.0 cc-by-sa-2.0 cc-by-sa-2.0-uk cc-by-sa-2.5 cc-by-sa-3.0
    cc-by-sa-3.0-at cc-by-sa-4.0 cc-pddc cc-pdm-1.0 cc0-1.0 cddl-1.0 cddl-1.1 cdla-permissive-1.0
    cdla-sharing-1.0 cecill-1.0 cecill-1.1 cecill-2.0 cecill-2.1 cecill-b cecill-c cern-ohl-1.1
    cern-ohl-1.2 cern-ohl-p-2.0 cern-ohl-s-2.0 cern-ohl-w-2.0 cnri-jython cnri-python
    cnri-python-gpl-compatible cpal-1.0 cpl-1.0 cpol-1.02 cua-opl-1.0 caldera clartistic
    condor-1.1 crossword crystalstacker cube d-fsl-1.0 doc dsdp dotseqn ecl-1.0 ecl-2.0 efl-1.0
    efl-2.0 epics epl-1.0 epl-2.0 eudatagrid eupl-1.0 eupl-1.1 eupl-1.2 entessa erlpl-1.1 eurosym
    fsfap fsful fsfullr ftl fair frameworx-1.0 freeimage gfdl-1.1-invariants-only
    gfdl-1.1-invariants-or-later gfdl-1.1-no-invariants-only gfdl-1.1-no-invariants-or-later
    gfdl-1.1-only gfdl-1.1-or-later gfdl-1.2-invariants-only gfdl-1.2-invariants-or-later
    gfdl-1.2-no-invariants-only gfdl-1.2-no-invariants-or-later gfdl-1.2-only gfdl-1.2-or-later
    gfdl-1.3-invariants-only gfdl-1.3-invariants-or-later gfdl-1.3-no-invariants-only
    gfdl-1.3-no-invariants-or-later gfdl-1.3-only gfdl-1.3-or-later gl2ps glwtpl gpl-1.0-only
    gpl-1.0-or-later gpl-2.0-only gpl-2.0-or-later gpl-3.0-only gpl-3.0-or-later giftware glide
    glulxe hpnd hpnd-sell-variant htmltidy haskellreport hippocratic-2.1 ibm-pibs icu ijg ipa
    ipl-1.0 isc imagemagick imlib2 info-zip intel intel-acpi interbase-1.0 jpnic json jasper-2.0
    lal-1.2 lal-1.3 lgpl-2.0-only lgpl-2.0-or-later lgpl-2.1-only lgpl-2.1-or-later lgpl-3.0-only
    lgpl-3.0-or-later lgpllr lpl-1.0 lpl-1.02 lppl-1.0 lppl-1.1 lppl-1.2 lppl-1.3a lppl-1.3c
    latex2e leptonica liliq-p-1.1 liliq-r-1.1 liliq-rplus-1.1 libpng linux-openib mit mit-0
    mit-cmu mit-advertising mit-enna mit-feh mit-open-group mitnfa mpl-1.0 mpl-1.1 mpl-2.0
    mpl-2.0-no-copyleft-exception ms-pl ms-rl mtll makeindex miros motosoto mulanpsl-1.0
    mulanpsl-2.0 multics mup nasa-1.3 nbpl-1.0 ncgl-uk-2.0 ncsa ngpl nist-pd nist-pd-fallback
    nlod-1.0 nlpl nosl npl-1.0 npl-1.1 nposl-3.0 nrl ntp ntp-0 naumen net-snmp netcdf newsletr
    nokia noweb o-uda-1.0 occt-pl oclc-2.0 odc-by-1.0 odbl-1.0 ofl-1.0 ofl-1.0-rfn ofl-1.0-no-rfn
    ofl-1.1 ofl-1.1-rfn ofl-1.1-no-rfn ogc-1.0 ogl-canada-2.0 ogl-uk-1.0 ogl-uk-2.0 ogl-uk-3.0
    ogtsl oldap-1.1 oldap-1.2 oldap-1.3 oldap-1.4 oldap-2.0 oldap-2.0.1 oldap-2.1 oldap-2.2
    oldap-2.2.1 oldap-2.2.2 oldap-2.3 oldap-2.4 oldap-2.5 oldap-2.6 oldap-2.7 oldap-2.8 oml
    opl-1.0 oset-pl-2.1 osl-1.0 osl-1.1 osl-2.0 osl-2.1 osl-3.0 openssl pddl-1.0 php-3.0 php-3.01
    psf-2.0 parity-6.0.0 parity-7.0.0 plexus polyform-noncommercial-1.0.0
    polyform-small-business-1.0.0 postgresql python-2.0 qpl-1.0 qhull rhecos-1.1 rpl-1.1 rpl-1.5
    rpsl-1.0 rsa-md rscpl rdisc ruby sax-pd scea sgi-b-1.0 sgi-b-1.1 sgi-b-2.0 shl-0.5 shl-0.51
    sissl sissl-1.2 smlnj smppl snia spl-1.0 ssh-openssh ssh-short sspl-1.0 swl saxpath sendmail
    sendmail-8.23 simpl-2.0 sleepycat spencer-86 spencer-94 spencer-99 sugarcrm-1.1.3 tapr-ohl-1.0
    tcl tcp-wrappers tmate torque-1.1 tosl tu-berlin-1.0 tu-berlin-2.0 ucl-1.0 upl-1.0
    unicode-dfs-2015 unicode-dfs-2016 unicode-tou unlicense vostrom vsl-1.0 vim w3c w3c-19980720
    w3c-20150513 wtfpl watcom-1.0 wsuipa x11 xfree86-1.1 xskat xerox xnet ypl-1.0 ypl-1.1 zpl-1.1
    zpl-2.0 zpl-2.1 zed zend-2.0 zimbra-1.3 zimbra-1.4 zlib blessing bzip2-1.0.5 bzip2-1.0.6
    copyleft-next-0.3.0 copyleft-next-0.3.1 curl diffmark dvipdfm egenix etalab-2.0 gsoap-1.3b
    gnuplot imatix libpng-2.0 libselinux-1.0 libtiff mpich2 psfrag psutils xinetd xpp
    zlib-acknowledgement
    """
)
"""Licences: SPDX identifiers in lower case, and a few more."""

LANGUAGES: Mapping[str, str] = dict(
    pair.split(":", 1)
    for pair in _words(
        """
    aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak
    be:bel bg:bul bi:bis bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre
    cs:ces cu:chu cv:chv cy:cym da:dan de:deu dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa
    et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra fy:fry ga:gle gd:gla gl:glg gn:grn
    gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her ia:ina id:ind
    ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku ja:jpn jv:jav ka:kat kg:kon ki:kik
    kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat
    lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal
    mn:mon mr:mar ms:msa mt:mlt my:mya na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld nn:nno no:nor
    nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus pt:por
    qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag sh:hbs si:sin
    sk:slk sl:slv sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam
    te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso tt:tat tw:twi ty:tah
    ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor za:zha
    zh:zho zu:zul
    """
    )
)
"""ISO 639-3 codes, which InvenioRDM uses, by the two-letter codes that people know."""

ALIASES: Mapping[str, str] = {
    "apache": "apache-2.0",
    "bsd": "bsd-3-clause",
    "cc-by": "cc-by-4.0",
    "cc-by-nc": "cc-by-nc-4.0",
    "cc-by-nc-nd": "cc-by-nc-nd-4.0",
    "cc-by-nc-sa": "cc-by-nc-sa-4.0",
    "cc-by-nd": "cc-by-nd-4.0",
    "cc-by-sa": "cc-by-sa-4.0",
    "cc0": "cc0-1.0",
    "cc-zero": "cc0-1.0",
    "gpl": "gpl-3.0-or-later",
    "lgpl": "lgpl-3.0-or-later",
}
"""Licences as people abbreviate them."""
