"""Every fake vendor as it begins, and the hosts it answers for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.connections.fakes.google import BigQuery, GoogleSignIn, GuardedStorage
from tests.connections.fakes.marketing import (
    Braze,
    Iterable,
    Klaviyo,
    MovableInk,
    Sailthru,
    Sendlane,
    Shopify,
)
from tests.connections.fakes.platforms import MParticle, Salesforce, Segment
from tests.connections.fakes.world import Vendor


@dataclass
class Vendors:
    """The fakes, for a test to steer."""

    bigquery: BigQuery = field(default_factory=BigQuery)
    braze: Braze = field(default_factory=Braze)
    google: GoogleSignIn = field(default_factory=GoogleSignIn)
    iterable: Iterable = field(default_factory=Iterable)
    klaviyo: Klaviyo = field(default_factory=Klaviyo)
    movable_ink: MovableInk = field(default_factory=MovableInk)
    mparticle: MParticle = field(default_factory=MParticle)
    sailthru: Sailthru = field(default_factory=Sailthru)
    salesforce: Salesforce = field(default_factory=Salesforce)
    segment: Segment = field(default_factory=Segment)
    sendlane: Sendlane = field(default_factory=Sendlane)
    shopify: Shopify = field(default_factory=Shopify)
    storage: GuardedStorage = field(default_factory=GuardedStorage)

    def by_host(self) -> Mapping[str, Vendor]:
        """Return the fakes by regular expressions of their hosts."""
        return {
            r"oauth2\.googleapis\.com": self.google,
            r"bigquery\.googleapis\.com": self.bigquery,
            r"storage\.googleapis\.com": self.storage,
            r".*\.my\.salesforce\.com": self.salesforce,
            r"api\.sailthru\.com": self.sailthru,
            r"api(\.eu)?\.iterable\.com": self.iterable,
            r"a\.klaviyo\.com": self.klaviyo,
            r"api\.sendlane\.com": self.sendlane,
            r".*\.mparticle\.com": self.mparticle,
            r".*\.segment(apis\.com|\.io)": self.segment,
            r"collector\..*": self.movable_ink,
            r".*\.myshopify\.com": self.shopify,
            r"rest\..*\.braze\.(com|eu)": self.braze,
        }
