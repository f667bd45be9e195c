// SPDX-License-Identifier: Apache-2.0
// The least that healthd's mongodb probe needs, for mongosh as an administrator:
//
//     mongosh "mongodb://admin@mongo/admin" examples/privileges/mongodb.js
//
// clusterMonitor shows serverStatus, replSetGetStatus, listDatabases and dbStats; read on local shows how far the oplog
// reaches. Neither sees a document of an application. On a replica set run it on the primary, once.

db.getSiblingDB("admin").createUser({
  user: "healthd",
  pwd: passwordPrompt(),
  mechanisms: ["SCRAM-SHA-256"],
  roles: [
    { role: "clusterMonitor", db: "admin" },
    { role: "read", db: "local" },
  ],
});

// For metrics of your own (`metrics:`) the user has to read what they count. One database each:
//
//     db.getSiblingDB("admin").grantRolesToUser("healthd", [{ role: "read", db: "shop" }]);
